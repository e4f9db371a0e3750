using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Puna.Tensors.Storage;

namespace Puna.Formats.Gguf;

/// <summary>
/// One metadata pair. Holds only where the value lies; the value itself is read from the mapped file when asked for and
/// cannot be read after the file was disposed.
/// </summary>
public sealed class GgufMetadataEntry
{
    private readonly NativeStorage _storage;
    private readonly long _valueOffset;
    private readonly int _valueBytes;
    private readonly long _elementsOffset;

    internal GgufMetadataEntry(string file, NativeStorage storage, bool bigEndian, string key, GgufValueType type,
        long valueOffset, int valueBytes, GgufValueType elementType, int count, long elementsOffset)
    {
        File = file;
        Key = key;
        Type = type;
        ElementType = elementType;
        Count = count;
        IsBigEndian = bigEndian;
        _storage = storage;
        _valueOffset = valueOffset;
        _valueBytes = valueBytes;
        _elementsOffset = elementsOffset;
    }

    /// <summary>Name of the pair, such as <c>llama4.block_count</c>.</summary>
    public string Key { get; }

    /// <summary>Type of the value; <see cref="GgufValueType.Array"/> for an array, whose items <see cref="ElementType"/> tells.</summary>
    public GgufValueType Type { get; }

    /// <summary>Type of the elements of an array; of the value itself otherwise.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>Elements of an array; 1 otherwise.</summary>
    public int Count { get; }

    /// <summary>Whether the value is an array.</summary>
    public bool IsArray => Type == GgufValueType.Array;

    /// <summary>Type as messages write it: <c>UInt32</c>, <c>String[202048]</c>.</summary>
    public string TypeName => IsArray ? $"{ElementType}[{Count}]" : $"{Type}";

    /// <summary>First byte of the value in its file.</summary>
    public long Offset => _valueOffset;

    /// <summary>Path of the file that holds the pair.</summary>
    internal string File { get; }

    internal bool IsBigEndian { get; }

    /// <summary>The value as it lies in the file: with element type, count and string lengths, in the file's byte order.</summary>
    internal ReadOnlySpan<byte> RawValue => _storage.Slice(_valueOffset, _valueBytes);

    /// <summary>The elements as they lie in the file, without what comes before the first.</summary>
    internal ReadOnlySpan<byte> RawElements =>
        _storage.Slice(_elementsOffset, checked((int)(_valueOffset + _valueBytes - _elementsOffset)));

    /// <summary>Bytes of a string, as they are in the file; they need not be valid UTF-8.</summary>
    /// <exception cref="ModelFileException">The value is not a string.</exception>
    internal ReadOnlySpan<byte> Utf8 => Type == GgufValueType.String ? RawElements : throw WrongType("a string");

    /// <summary>Element <paramref name="index"/> as an integer.</summary>
    internal Int128 Integer(int index)
    {
        int width = ElementType.FixedBytes();
        ReadOnlySpan<byte> at = RawElements.Slice(index * width, width);
        return ElementType switch
        {
            GgufValueType.UInt8 => at[0],
            GgufValueType.Int8 => (sbyte)at[0],
            GgufValueType.UInt16 => (ushort)Bits(at),
            GgufValueType.Int16 => (short)Bits(at),
            GgufValueType.UInt32 => (uint)Bits(at),
            GgufValueType.Int32 => (int)Bits(at),
            GgufValueType.UInt64 => Bits(at),
            GgufValueType.Int64 => (long)Bits(at),
            _ => throw WrongType("an integer"),
        };
    }

    /// <summary>Element <paramref name="index"/> as a float64.</summary>
    internal double Float(int index)
    {
        int width = ElementType.FixedBytes();
        ReadOnlySpan<byte> at = RawElements.Slice(index * width, width);
        return ElementType switch
        {
            GgufValueType.Float32 => BitConverter.UInt32BitsToSingle((uint)Bits(at)),
            GgufValueType.Float64 => BitConverter.UInt64BitsToDouble(Bits(at)),
            _ => throw WrongType("a float"),
        };
    }

    /// <summary>Element <paramref name="index"/> as a truth value.</summary>
    internal bool Bool(int index) =>
        ElementType == GgufValueType.Bool ? RawElements[index] != 0 : throw WrongType("a bool");

    /// <summary>All elements copied at once, if the file holds just this type in this machine's byte order.</summary>
    internal T[]? CopyIfStoredAs<T>(GgufValueType type) where T : unmanaged =>
        ElementType == type && !IsBigEndian
            ? MemoryMarshal.Cast<byte, T>(RawElements).ToArray()
            : null;

    internal ModelFileException WrongType(string wanted) => new(
        File, $"metadata key {ModelFileException.Quote(Key)} is {TypeName}, wanted {wanted}", _valueOffset, Key,
        found: TypeName, limit: wanted, remedy: "The file was made by a converter with other ideas: convert it again with a current one.");

    internal ModelFileException OutOfRange(Int128 value, string wanted, int index) => new(
        File, $"metadata key {ModelFileException.Quote(Key)}{(IsArray ? $"[{index}]" : "")} is {value}, which does not fit {wanted}",
        _valueOffset, Key, found: $"{value}", limit: wanted, remedy: "The value is damaged or meant for another program.");

    private ulong Bits(ReadOnlySpan<byte> at) => (at.Length, IsBigEndian) switch
    {
        (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(at),
        (2, true) => BinaryPrimitives.ReadUInt16BigEndian(at),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(at),
        (4, true) => BinaryPrimitives.ReadUInt32BigEndian(at),
        (8, false) => BinaryPrimitives.ReadUInt64LittleEndian(at),
        _ => BinaryPrimitives.ReadUInt64BigEndian(at),
    };
}
