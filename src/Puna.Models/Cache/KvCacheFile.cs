using Puna.Compute.Kv;

namespace Puna.Models.Cache;

/// <summary>
/// Format of a saved sequence. Little-endian: magic, version, 32-byte model hash, first and next position, the
/// fields of <see cref="GeometryFields"/>, a token id per position, the pages class by class in order of position, and a
/// SHA-256 of everything before it.
/// </summary>
/// <remarks>
/// A page is saved when the next token can see a position in it, and positions that it cannot see are zero: the file
/// depends on the sequence alone, not on what lay in memory before.
/// </remarks>
internal static class KvCacheFile
{
    /// <summary>2 since quantized pages keep scales and quants apart.</summary>
    public const uint Version = 2;
    public const int HashBytes = 32;
    public const int TokensAtOnce = 256;

    /// <summary>The line end shows when a transfer in text mode has damaged the file.</summary>
    public static ReadOnlySpan<byte> Magic => "PunaKv\r\n"u8;

    public const string SizeField = "file size", VersionField = "version", ModelField = "model hash", FirstPosField = "first position",
        NextPosField = "next position", TypeField = "element type", ChecksumField = "checksum", MagicField = "magic";

    /// <summary>The numbers that must be equal in the file and in the cache that loads it.</summary>
    public static IEnumerable<(string Field, uint Value)> GeometryFields(KvCache cache, int firstPos, int nextPos)
    {
        KvGeometry geometry = cache.Geometry;
        yield return (TypeField, (uint)cache.Options.Type);
        yield return ("tokens in a page", (uint)cache.Options.PageTokens);
        yield return ("key/value heads", (uint)geometry.NKvHeads);
        yield return ("components of a head", (uint)geometry.HeadDim);
        yield return ("layer classes", (uint)geometry.Classes.Count);
        for (int c = 0; c < geometry.Classes.Count; c++)
        {
            KvLayerClass layerClass = geometry.Classes[c];
            yield return ($"chunk size of class {c}", (uint)layerClass.ChunkSize);
            yield return ($"pages of class {c}", (uint)SavedPages(layerClass, cache.Options.PageTokens, firstPos, nextPos).Count);
            yield return ($"layers of class {c}", (uint)layerClass.Layers.Length);
            foreach (int layer in layerClass.Layers) yield return ($"layer number in class {c}", (uint)layer);
        }
    }

    /// <summary>Bytes of the whole file.</summary>
    public static Int128 Size(KvCache cache, int firstPos, int nextPos)
    {
        Int128 size = Magic.Length + sizeof(uint) + HashBytes + (2 * sizeof(uint)) + HashBytes;
        size += (Int128)sizeof(uint) * (GeometryFields(cache, firstPos, nextPos).Count() + (nextPos - firstPos));
        foreach (KvLayerClass layerClass in cache.Geometry.Classes)
        {
            KvLayout layout = cache.Geometry.LayoutOf(layerClass, cache.Options.Type, cache.Options.PageTokens);
            size += (Int128)layout.PageBytes * SavedPages(layerClass, cache.Options.PageTokens, firstPos, nextPos).Count;
        }

        return size;
    }

    /// <summary>Page numbers that hold a position the next token can see.</summary>
    public static (int First, int Count) SavedPages(KvLayerClass layerClass, int pageTokens, int firstPos, int nextPos)
    {
        int from = Math.Max(firstPos, layerClass.ChunkStart(nextPos));
        int first = from / pageTokens;
        return (first, from == nextPos ? 0 : ((nextPos - 1) / pageTokens) + 1 - first);
    }
}
