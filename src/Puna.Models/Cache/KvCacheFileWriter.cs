using System.Buffers.Binary;
using System.Security.Cryptography;
using Puna.Compute.Kv;

namespace Puna.Models.Cache;

/// <summary>Writes a <see cref="KvCacheFile"/> and its checksum in one pass.</summary>
internal sealed class KvCacheFileWriter(Stream stream) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Header(KvCache cache, int firstPos, int nextPos, ReadOnlySpan<byte> modelHash)
    {
        Write(KvCacheFile.Magic);
        Write(KvCacheFile.Version);
        Write(modelHash);
        Write((uint)firstPos);
        Write((uint)nextPos);
        foreach ((_, uint value) in KvCacheFile.GeometryFields(cache, firstPos, nextPos)) Write(value);
    }

    public void Tokens(ReadOnlySpan<int> tokens)
    {
        Span<byte> bytes = stackalloc byte[KvCacheFile.TokensAtOnce * sizeof(int)];
        while (tokens.Length > 0)
        {
            int count = Math.Min(tokens.Length, KvCacheFile.TokensAtOnce);
            for (int i = 0; i < count; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * sizeof(int))..], tokens[i]);
            Write(bytes[..(count * sizeof(int))]);
            tokens = tokens[count..];
        }
    }

    /// <summary>Writes the saved pages of one class.</summary>
    public void Pages(KvClassPages pages, int slot, int nextPos)
    {
        KvLayout layout = pages.Pool.Layout;
        KvPageTable table = pages.Tables[slot];
        int from = pages.VisibleFrom(slot, nextPos);
        (int first, int count) = KvCacheFile.SavedPages(pages.Class, layout.PageTokens, table.FirstPos, nextPos);
        if (count == 0) return;

        byte[] page = new byte[layout.PageBytes];
        for (int number = first; number < first + count; number++)
        {
            long start = (long)number * layout.PageTokens;
            pages.Pool.Export(table[number], page);
            KvPagePositions.KeepOnly(page, layout, (int)Math.Max(0, from - start), (int)Math.Min(layout.PageTokens, nextPos - start));
            Write(page);
        }
    }

    public void Checksum() => stream.Write(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();

    private void Write(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(bytes);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        stream.Write(bytes);
    }
}
