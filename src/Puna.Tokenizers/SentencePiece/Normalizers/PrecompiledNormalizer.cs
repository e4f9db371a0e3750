using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Normalizers;

/// <summary>
/// The character map of a SentencePiece model: a double-array trie of UTF-8 sequences whose values point at replacements.
/// It is applied by user-perceived character, as the tokenizers library does: a short one is looked up as a whole, and
/// its shortest entry replaces all of it; otherwise each of its code points is looked up.
/// </summary>
/// <remarks>Sources: google/sentencepiece, src/normalizer.cc; s-yata/darts-clone, darts.h; huggingface/tokenizers, normalizers/precompiled.rs.</remarks>
internal sealed class PrecompiledNormalizer : INormalizer
{
    private const int MaxWholeBytes = 5; // of a user-perceived character that is looked up as a whole

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private PrecompiledNormalizer(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <summary>Reads a map: size of the trie in bytes, trie, and replacements that end with zeros.</summary>
    /// <exception cref="FormatException">The sizes do not fit.</exception>
    public static PrecompiledNormalizer Parse(ReadOnlySpan<byte> map)
    {
        if (map.Length < 8) throw new FormatException($"the character map has {map.Length} bytes.");

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (size == 0 || size % sizeof(uint) != 0 || size > map.Length - sizeof(uint)) throw new FormatException($"the character map says that its trie has {size} bytes; {map.Length - sizeof(uint)} follow.");

        uint[] units = new uint[size / sizeof(uint)];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[((i + 1) * sizeof(uint))..]);
        return new PrecompiledNormalizer(units, map[(sizeof(uint) + (int)size)..].ToArray());
    }

    public MappedText Apply(MappedText text)
    {
        (string all, int[] scalarOf) = text.ToStringWithIndex();
        MappedText.Builder builder = new(text.Length);
        Span<byte> utf8 = stackalloc byte[MaxWholeBytes];
        for (int at = 0; at < all.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(all, at);
            ReadOnlySpan<char> element = all.AsSpan(at, length);
            int first = scalarOf[at], end = scalarOf[at + length];
            at += length;
            if (Encoding.UTF8.GetByteCount(element) <= MaxWholeBytes
                && Find(utf8[..Encoding.UTF8.GetBytes(element, utf8)]) is { } whole)
            {
                (int start, int stop) = text.OriginalRange(first, end);
                builder.Add(whole, start, stop);
                continue;
            }

            for (int i = first; i < end; i++)
            {
                int bytes = new Rune(text[i]).EncodeToUtf8(utf8);
                if (Find(utf8[..bytes]) is { } one) builder.Add(one, text.StartOf(i), text.EndOf(i));
                else builder.Add(text, i);
            }
        }

        return builder.Build();
    }

    /// <summary>The replacement of the shortest entry that <paramref name="key"/> begins with, or null.</summary>
    private string? Find(ReadOnlySpan<byte> key)
    {
        uint node = Offset(_units[0]);
        foreach (byte b in key)
        {
            if (b == 0) return null;
            node ^= b;
            if (node >= (uint)_units.Length || (_units[node] & 0x8000_00FF) != b) return null;

            bool hasLeaf = (_units[node] >> 8 & 1) != 0;
            node ^= Offset(_units[node]);
            if (!hasLeaf) continue;
            return node < (uint)_units.Length ? Replacement(_units[node] & 0x7FFF_FFFF) : null;
        }

        return null;
    }

    private string? Replacement(uint offset)
    {
        if (offset >= (uint)_replacements.Length) return null;

        ReadOnlySpan<byte> rest = _replacements.AsSpan((int)offset);
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
