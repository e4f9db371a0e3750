using System.Buffers.Binary;
using System.Text;

namespace Puna.Formats.Gguf;

/// <summary>
/// The strings of a metadata array, read in place: four bytes of index each, nothing decoded until asked for. Built in
/// one pass over the array; keep the instance rather than asking the metadata again. Safe to share between threads,
/// valid while the file is open.
/// </summary>
public sealed class GgufStringArray
{
    private readonly GgufMetadataEntry _entry;
    private readonly int[] _starts; // of the string bytes, and one past the end as if another string followed

    internal GgufStringArray(GgufMetadataEntry entry)
    {
        _entry = entry;
        _starts = new int[entry.Count + 1];

        ReadOnlySpan<byte> elements = entry.RawElements; // lengths were checked when the file was opened
        int at = 0;
        for (int i = 0; i < entry.Count; i++)
        {
            ReadOnlySpan<byte> prefix = elements.Slice(at, sizeof(ulong));
            ulong length = entry.IsBigEndian
                ? BinaryPrimitives.ReadUInt64BigEndian(prefix)
                : BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            at += sizeof(ulong);
            _starts[i] = at;
            at += checked((int)length);
        }

        _starts[entry.Count] = at + sizeof(ulong);
    }

    /// <summary>Number of strings.</summary>
    public int Count => _entry.Count;

    /// <summary>Bytes of string <paramref name="index"/> in the mapped file; they need not be valid UTF-8.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            int start = _starts[index];
            return _entry.RawElements[start..(_starts[index + 1] - sizeof(ulong))];
        }
    }

    /// <summary>String <paramref name="index"/>, with U+FFFD for what is not valid UTF-8.</summary>
    public string GetString(int index) => Encoding.UTF8.GetString(this[index]);

    /// <summary>All strings, decoded.</summary>
    public string[] ToArray()
    {
        string[] strings = new string[Count];
        for (int i = 0; i < strings.Length; i++) strings[i] = GetString(i);
        return strings;
    }
}
