using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Puna.Tensors.Storage;

namespace Puna.Formats.Gguf;

/// <summary>
/// Reads the header of one mapped file from front to back. Every length is checked against the bytes left before it is
/// used; every error names the byte and the item being read.
/// </summary>
internal sealed class GgufCursor(NativeStorage storage, string path)
{
    /// <summary>Remedy for a length or count that runs past the end.</summary>
    internal const string CutShort = "The file is cut short or damaged: download it again.";

    /// <summary>The next byte to read.</summary>
    internal long Position { get; private set; }

    /// <summary>True for a file whose numbers are stored most significant byte first.</summary>
    internal bool BigEndian { get; set; }

    internal long BytesLeft => storage.Length - Position;

    /// <summary>The item being read, for errors: <c>metadata entry 3</c>, then its name once that is known.</summary>
    private string? _section;
    private long _index;
    private string? _name;

    internal void Enter(string section, long index = -1)
    {
        _section = section;
        _index = index;
        _name = null;
    }

    internal void Named(string name) => _name = name;

    internal uint ReadUInt32(string field)
    {
        ReadOnlySpan<byte> bytes = ReadBytes(sizeof(uint), field);
        return BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    internal ulong ReadUInt64(string field)
    {
        ReadOnlySpan<byte> bytes = ReadBytes(sizeof(ulong), field);
        return BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    internal ReadOnlySpan<byte> ReadBytes(int count, string field)
    {
        if (BytesLeft < count) ThrowTruncated(field, count);

        ReadOnlySpan<byte> bytes = storage.Slice(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>Reads a length-prefixed string of at most <paramref name="maxBytes"/> bytes, which need not be valid UTF-8.</summary>
    internal ReadOnlySpan<byte> ReadString(string field, int maxBytes)
    {
        ulong length = ReadUInt64(field);
        if (length > (ulong)BytesLeft)
        {
            throw Fault($"{field}: string length {length} exceeds the {BytesLeft} bytes left", Position - sizeof(ulong),
                found: $"{length}", limit: $"{BytesLeft}", remedy: CutShort);
        }

        if (length > (ulong)maxBytes)
        {
            throw Fault($"{field}: string length {length} exceeds the limit of {maxBytes} bytes", Position - sizeof(ulong),
                found: $"{length}", limit: $"{maxBytes}", remedy: "The file is damaged or not made by a GGUF writer.");
        }

        return ReadBytes((int)length, field);
    }

    /// <summary>Reads a string that serves as a name: not empty, valid UTF-8.</summary>
    internal string ReadName(string field, int maxBytes)
    {
        long start = Position;
        ReadOnlySpan<byte> bytes = ReadString(field, maxBytes);
        if (bytes.IsEmpty) throw Fault($"{field}: the name is empty", start, remedy: "The file is damaged.");
        if (!Utf8.IsValid(bytes)) throw Fault($"{field}: the name is not valid UTF-8", start, remedy: "The file is damaged.");

        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>
    /// Reads a count of items that take at least <paramref name="minBytes"/> bytes each, so it cannot exceed what the
    /// rest of the file could hold.
    /// </summary>
    internal long ReadCount(string field, int minBytes)
    {
        ulong count = ReadUInt64(field);
        long limit = BytesLeft / minBytes;
        if (count > (ulong)limit)
        {
            throw Fault($"{field} {count} cannot fit: the {BytesLeft} bytes left hold at most {limit}", Position - sizeof(ulong),
                found: $"{count}", limit: $"{limit}", remedy: CutShort);
        }

        return (long)count;
    }

    /// <summary>An error at <paramref name="offset"/> about the item being read.</summary>
    internal ModelFileException Fault(string problem, long offset, string? found = null, string? limit = null, string? remedy = null)
    {
        string place = _section is null ? ""
            : _name is not null ? $"{_section} {ModelFileException.Quote(_name)}: "
            : _index >= 0 ? $"{_section} {_index}: "
            : $"{_section}: ";
        return new ModelFileException(path, place + problem, offset, _name ?? _section, found, limit, remedy);
    }

    [DoesNotReturn]
    private void ThrowTruncated(string field, int wanted) =>
        throw Fault($"{field} needs {wanted} bytes, {BytesLeft} are left", Position, found: $"{BytesLeft}", limit: $"{wanted}", remedy: CutShort);
}
