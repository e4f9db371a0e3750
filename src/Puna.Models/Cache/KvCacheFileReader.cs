using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Models.Cache;

/// <summary>Reads a <see cref="KvCacheFile"/>, checking every field and the file's size before anything is allocated for it.</summary>
/// <param name="stream">Seekable, at the start of the file.</param>
/// <param name="file">Name for messages.</param>
internal sealed class KvCacheFileReader(Stream stream, string file) : IDisposable
{
    private const string Damaged = "The file is damaged or cut short: delete it, and save the sequence again.";
    private const string Foreign = "It was saved for another model or with other cache options: load it with those, or compute the sequence again.";

    private readonly long _length = stream.Length - stream.Position;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _read;

    /// <summary>Reads up to the token ids. The file is then known to be as long as they and the pages need.</summary>
    public (int FirstPos, int NextPos) Header(KvCache cache, ReadOnlySpan<byte> modelHash)
    {
        Span<byte> magic = stackalloc byte[KvCacheFile.Magic.Length];
        Read(magic);
        if (!magic.SequenceEqual(KvCacheFile.Magic))
            throw Fault(KvCacheFile.MagicField, Convert.ToHexString(magic), Convert.ToHexString(KvCacheFile.Magic), "This is no saved sequence, or it was transferred as text.");

        uint version = ReadUInt32();
        if (version != KvCacheFile.Version)
            throw Fault(KvCacheFile.VersionField, Text(version), Text(KvCacheFile.Version), "Load it with the release that saved it, or compute the sequence again.");

        Span<byte> hash = stackalloc byte[KvCacheFile.HashBytes];
        Read(hash);
        if (!hash.SequenceEqual(modelHash))
            throw Fault(KvCacheFile.ModelField, Convert.ToHexStringLower(hash), Convert.ToHexStringLower(modelHash), Foreign);

        uint firstPos = ReadUInt32(), nextPos = ReadUInt32();
        if (firstPos > int.MaxValue) throw Fault(KvCacheFile.FirstPosField, Text(firstPos), $"at most {int.MaxValue}", Damaged);
        if (nextPos > int.MaxValue || nextPos < firstPos)
            throw Fault(KvCacheFile.NextPosField, Text(nextPos), $"{firstPos} to {int.MaxValue}", Damaged);

        foreach ((string field, uint expected) in KvCacheFile.GeometryFields(cache, (int)firstPos, (int)nextPos))
        {
            uint found = ReadUInt32();
            if (found != expected) throw Fault(field, TextOf(field, found), TextOf(field, expected), Foreign);
        }

        Int128 size = KvCacheFile.Size(cache, (int)firstPos, (int)nextPos);
        if (size != _length) throw Fault(KvCacheFile.SizeField, $"{_length} bytes", $"{size}", Damaged);
        return ((int)firstPos, (int)nextPos);
    }

    public int[] Tokens(int count)
    {
        int[] tokens = new int[count];
        Span<byte> bytes = stackalloc byte[KvCacheFile.TokensAtOnce * sizeof(int)];
        for (int done = 0; done < count; done += KvCacheFile.TokensAtOnce)
        {
            Span<int> some = tokens.AsSpan(done, Math.Min(count - done, KvCacheFile.TokensAtOnce));
            Read(bytes[..(some.Length * sizeof(int))]);
            for (int i = 0; i < some.Length; i++)
            {
                some[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * sizeof(int))..]);
                if (some[i] < 0) throw Fault($"token {done + i}", some[i].ToString(CultureInfo.InvariantCulture), "at least 0", Damaged);
            }
        }

        return tokens;
    }

    /// <summary>Fills the pages in a slot's table, which are those that were saved.</summary>
    public void Pages(KvClassPages pages, int slot)
    {
        KvPageTable table = pages.Tables[slot];
        if (table.FirstPage == table.EndPage) return;

        byte[] page = new byte[pages.Pool.Layout.PageBytes];
        for (int number = table.FirstPage; number < table.EndPage; number++)
        {
            Read(page);
            pages.Pool.Import(table[number], page);
        }
    }

    public void Checksum()
    {
        Span<byte> computed = stackalloc byte[KvCacheFile.HashBytes], found = stackalloc byte[KvCacheFile.HashBytes];
        _hash.GetHashAndReset(computed);
        Read(found);
        if (!found.SequenceEqual(computed))
            throw Fault(KvCacheFile.ChecksumField, Convert.ToHexStringLower(found), Convert.ToHexStringLower(computed), Damaged);
    }

    public void Dispose() => _hash.Dispose();

    private uint ReadUInt32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private void Read(Span<byte> bytes)
    {
        if (bytes.Length > _length - _read)
            throw Fault(KvCacheFile.SizeField, $"{_length} bytes", $"at least {_read + bytes.Length}", Damaged);

        stream.ReadExactly(bytes);
        _hash.AppendData(bytes);
        _read += bytes.Length;
    }

    private KvCacheFileException Fault(string field, string found, string expected, string remedy) => new(file, field, found, expected, remedy);

    private static string Text(uint value) => value.ToString(CultureInfo.InvariantCulture);

    private static string TextOf(string field, uint value) =>
        field == KvCacheFile.TypeField && ElementTypes.IsKnown((ElementType)value) ? ((ElementType)value).Name() : Text(value);
}
