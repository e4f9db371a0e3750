using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Models.Cache;

/// <summary>
/// Computes what a cache will hold and read, without making one. Contexts are in tokens, results in bytes; a page counts
/// whole, as it is held whole.
/// </summary>
/// <param name="geometry">The model's layers and heads.</param>
/// <param name="type">F32, F16, Q8_0 or Q4_0.</param>
/// <param name="pageTokens">Positions in a page.</param>
/// <exception cref="ArgumentException">The type cannot hold the model's heads, or a size is not positive.</exception>
public sealed class KvPlan(KvGeometry geometry, ElementType type, int pageTokens = KvLayout.DefaultPageTokens)
{
    private readonly (int ChunkSize, KvLayout Layout)[] _classes =
        [.. geometry.Validated().Classes.Select(c => (c.ChunkSize, geometry.LayoutOf(c, type, pageTokens)))];

    /// <summary>Bytes of a token in all layers.</summary>
    public long TokenBytes => _classes.Sum(c => c.Layout.TokenBytes);

    /// <summary>Bytes that a token adds once local layers drop as much as they take: the global layers' share.</summary>
    public long GrowthPerToken => _classes.Where(c => c.ChunkSize == 0).Sum(c => c.Layout.TokenBytes);

    /// <summary>Most bytes held while a sequence from position 0 grows to <paramref name="context"/> tokens.</summary>
    /// <param name="context">Tokens, at least 0.</param>
    /// <param name="batchRows">
    /// Most tokens of the sequence in one step. A step that crosses into a new chunk holds the old one until it is done,
    /// so local layers hold up to <paramref name="batchRows"/> - 1 positions beyond a chunk; 1 also fits a caller that
    /// splits its steps where chunks end.
    /// </param>
    public long BytesAt(long context, int batchRows = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(context);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return _classes.Sum(c => checked(MostPages(c.ChunkSize, context, batchRows) * c.Layout.PageBytes));
    }

    /// <summary>Bytes held at <paramref name="context"/> tokens if no chunk were ever dropped.</summary>
    public long BytesWithoutChunking(long context)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(context);
        return _classes.Sum(c => checked(PagesBelow(context) * c.Layout.PageBytes));
    }

    /// <summary>Bytes of keys and values that decoding the token at <paramref name="pos"/> reads, its own included.</summary>
    public long BytesReadAt(long pos)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pos);
        return _classes.Sum(c => checked(((c.ChunkSize == 0 ? pos : pos % c.ChunkSize) + 1) * c.Layout.TokenBytes));
    }

    private long MostPages(int chunkSize, long context, int batchRows)
    {
        if (context == 0 || chunkSize == 0) return PagesBelow(context);

        // Where chunks begin inside a page repeats after at most pageTokens chunks.
        long chunks = ((context - 1) / chunkSize) + 1, most = 0;
        for (long chunk = 0; chunk < Math.Min(chunks, pageTokens); chunk++)
        {
            long start = chunk * chunkSize, end = Math.Min(context, start + chunkSize + batchRows - 1);
            most = Math.Max(most, PagesBelow(end) - (start / pageTokens));
        }

        return most;
    }

    private long PagesBelow(long endPos) => (endPos / pageTokens) + (endPos % pageTokens == 0 ? 0 : 1);
}
