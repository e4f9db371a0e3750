using System.IO.Compression;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace Puna.Extraction.Documents;

/// <summary>The filters of PDF streams with a budget: a small file can unpack to more than memory holds, so sizes are known before anything is unpacked.</summary>
internal sealed class BoundedFilters(long maxBytes, CancellationToken stop) : IFilterProvider
{
    private readonly IFilterProvider _filters = DefaultFilterProvider.Instance;
    private long _spent;

    public IReadOnlyList<IFilter> GetFilters(DictionaryToken dictionary) => Bound(_filters.GetFilters(dictionary));

    public IReadOnlyList<IFilter> GetNamedFilters(IReadOnlyList<NameToken> names) => Bound(_filters.GetNamedFilters(names));

    public IReadOnlyList<IFilter> GetAllFilters() => Bound(_filters.GetAllFilters());

    private IFilter[] Bound(IReadOnlyList<IFilter> filters) => [.. filters.Select(filter => new BoundedFilter(filter, this))];

    private void Spend(long bytes)
    {
        stop.ThrowIfCancellationRequested();
        if (bytes > maxBytes - _spent) throw new DocumentException($"its compressed parts unpack to more than {maxBytes} bytes, the most that is read.");
        _spent += bytes;
    }

    private long Unpacked(IFilter filter, Memory<byte> input) => filter switch
    {
        FlateFilter => CountInflated(input),
        LzwFilter => input.Length * 1280L, // the longest code of 12 bits stands for 3,838 bytes, and codes grow to that one by one
        RunLengthFilter => input.Length * 64L, // 2 bytes stand for at most 128
        Ascii85Filter => input.Length * 4L, // z stands for four zeros
        _ => input.Length, // the others do not grow
    };

    /// <summary>Bytes that a zlib stream unpacks to, none of them kept; of a damaged stream those before the damage.</summary>
    private long CountInflated(Memory<byte> input)
    {
        long count = 0;
        byte[] buffer = new byte[1 << 16];
        try
        {
            using MemoryStream bytes = new(input.ToArray());
            using ZLibStream inflate = new(bytes, CompressionMode.Decompress);
            for (int read; count <= maxBytes - _spent && (read = inflate.Read(buffer)) > 0; count += read) stop.ThrowIfCancellationRequested();
        }
        catch (InvalidDataException)
        {
            return Math.Max(count, input.Length); // what the parser makes of it, it makes of the bytes counted
        }

        return count;
    }

    private sealed class BoundedFilter(IFilter filter, BoundedFilters budget) : IFilter
    {
        public bool IsSupported => filter.IsSupported;

        public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex)
        {
            if (filter is CcittFaxDecodeFilter) return input; // a picture, whose size its dictionary says and not its bytes; no text is in it
            budget.Spend(budget.Unpacked(filter, input));
            return filter.Decode(input, streamDictionary, filterProvider, filterIndex);
        }
    }
}
