using System.Buffers.Binary;
using System.Numerics;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Formats.Gguf;

/// <summary>Parses and validates the header of one mapped GGUF file. Touches no tensor data.</summary>
internal static unsafe class GgufPartReader
{
    private const string Damaged = "The file is damaged: download it again.";

    private readonly record struct TensorInfo(string Name, ElementType Type, long[] Shape, long Offset, long Bytes, long InfoOffset);

    /// <summary>Reads the part held by <paramref name="storage"/>, which stays the caller's until this returns.</summary>
    /// <exception cref="ModelFileException">The file breaks a rule of the format.</exception>
    internal static GgufPart Read(string path, NativeStorage storage)
    {
        GgufCursor cursor = new(storage, path);
        uint version = ReadVersion(cursor, path, storage);
        long tensorCount = cursor.ReadCount("tensor count", GgufLimits.MinTensorInfoBytes);
        long entryCount = cursor.ReadCount("metadata count", GgufLimits.MinEntryBytes);

        GgufMetadata metadata = ReadMetadata(cursor, path, storage, entryCount);
        int alignment = ReadAlignment(metadata, path);
        List<TensorInfo> infos = ReadTensorInfos(cursor, tensorCount, alignment);

        long dataOffset = (cursor.Position + alignment - 1) / alignment * alignment;
        CheckPlacement(infos, path, dataOffset, storage.Length);

        List<Tensor> tensors = new(infos.Count);
        foreach (TensorInfo info in infos)
            tensors.Add(new Tensor(info.Name, info.Type, info.Shape, storage.Pointer + dataOffset + info.Offset));

        return new GgufPart(path, storage, version, cursor.BigEndian, alignment, dataOffset, metadata, tensors);
    }

    private static uint ReadVersion(GgufCursor cursor, string path, NativeStorage storage)
    {
        ReadOnlySpan<byte> head = storage.Slice(0, (int)Math.Min(storage.Length, FileSignature.HeadBytes));
        if (!head.StartsWith("GGUF"u8))
        {
            string found = Convert.ToHexString(head[..Math.Min(4, head.Length)]);
            throw new ModelFileException(path, $"not a GGUF file: it begins with bytes {found} instead of 47475546 ('GGUF')",
                offset: 0, field: "magic", found: found, limit: "47475546",
                remedy: FileSignature.Describe(head, FileKind.Gguf) ?? "Check that this is the model file and that its download is whole.");
        }

        cursor.ReadBytes(4, "magic");
        uint version = cursor.ReadUInt32("version");
        if (version is 2 or 3) return version;

        if (BinaryPrimitives.ReverseEndianness(version) == 3)
        {
            cursor.BigEndian = true;
            return 3;
        }

        throw cursor.Fault($"GGUF version {version} is not readable, only 2 and 3 are", 4, found: $"{version}", limit: "2 or 3",
            remedy: version == 1 ? "Convert the original weights again with a current converter." : "The file is damaged, or of a format newer than this program.");
    }

    private static GgufMetadata ReadMetadata(GgufCursor cursor, string path, NativeStorage storage, long entryCount)
    {
        List<GgufMetadataEntry> entries = [];
        Dictionary<string, GgufMetadataEntry> byKey = new(StringComparer.Ordinal);
        for (long i = 0; i < entryCount; i++)
        {
            cursor.Enter("metadata entry", i);
            long start = cursor.Position;
            string key = cursor.ReadName("key", GgufLimits.MaxKeyBytes);
            cursor.Named(key);

            GgufMetadataEntry entry = ReadEntry(cursor, path, storage, key);
            if (!byKey.TryAdd(key, entry)) throw cursor.Fault("the key occurs twice", start, remedy: Damaged);
            entries.Add(entry);
        }

        return new GgufMetadata(path, entries, byKey);
    }

    private static GgufMetadataEntry ReadEntry(GgufCursor cursor, string path, NativeStorage storage, string key)
    {
        GgufValueType type = ReadValueType(cursor, "value type");
        long valueOffset = cursor.Position;
        GgufValueType elementType = type;
        long count = 1;
        if (type == GgufValueType.Array)
        {
            elementType = ReadValueType(cursor, "element type");
            if (elementType == GgufValueType.Array)
                throw cursor.Fault("an array of arrays is not part of the format", valueOffset, found: "Array", remedy: Damaged);

            int minBytes = elementType == GgufValueType.String ? sizeof(ulong) : elementType.FixedBytes();
            count = cursor.ReadCount("element count", minBytes);
            if (count > GgufLimits.MaxValueBytes / minBytes)
            {
                throw cursor.Fault($"an array of {count} elements exceeds the limit of {GgufLimits.MaxValueBytes} bytes", valueOffset + 4,
                    found: $"{count}", limit: $"{GgufLimits.MaxValueBytes / minBytes}", remedy: Damaged);
            }
        }

        long elementsOffset = SkipElements(cursor, elementType, (int)count, type == GgufValueType.String);
        long valueBytes = cursor.Position - valueOffset;
        if (valueBytes > GgufLimits.MaxValueBytes)
        {
            throw cursor.Fault($"a value of {valueBytes} bytes exceeds the limit of {GgufLimits.MaxValueBytes}", valueOffset,
                found: $"{valueBytes}", limit: $"{GgufLimits.MaxValueBytes}", remedy: Damaged);
        }

        return new GgufMetadataEntry(path, storage, cursor.BigEndian, key, type, valueOffset, (int)valueBytes, elementType, (int)count, elementsOffset);
    }

    /// <summary>Validates and passes over the elements; returns where they begin (a lone string: after its length).</summary>
    private static long SkipElements(GgufCursor cursor, GgufValueType type, int count, bool loneString)
    {
        long start = cursor.Position;
        if (type == GgufValueType.String)
        {
            for (int i = 0; i < count; i++) cursor.ReadString("string", GgufLimits.MaxValueBytes);
            return loneString ? start + sizeof(ulong) : start;
        }

        ReadOnlySpan<byte> elements = cursor.ReadBytes(checked(count * type.FixedBytes()), "value");
        if (type == GgufValueType.Bool && elements.IndexOfAnyExceptInRange((byte)0, (byte)1) is int bad and >= 0)
        {
            throw cursor.Fault($"a bool is {elements[bad]}, neither 0 nor 1", start + bad, found: $"{elements[bad]}", limit: "0 or 1",
                remedy: Damaged);
        }

        return start;
    }

    private static GgufValueType ReadValueType(GgufCursor cursor, string field)
    {
        uint id = cursor.ReadUInt32(field);
        return GgufValueTypes.IsKnown(id)
            ? (GgufValueType)id
            : throw cursor.Fault($"{field} {id} is unknown", cursor.Position - sizeof(uint), found: $"{id}", limit: "0 to 12",
                remedy: Damaged);
    }

    private static int ReadAlignment(GgufMetadata metadata, string path)
    {
        const string Key = "general.alignment";
        if (!metadata.TryGetUInt32(Key, out uint alignment)) return GgufLimits.DefaultAlignment;

        if (!BitOperations.IsPow2(alignment) || alignment is < GgufLimits.MinAlignment or > GgufLimits.MaxAlignment)
        {
            throw new ModelFileException(path,
                $"{Key} is {alignment}; it must be a power of two from {GgufLimits.MinAlignment} to {GgufLimits.MaxAlignment}",
                metadata.GetEntry(Key).Offset, Key, found: $"{alignment}", remedy: Damaged,
                limit: $"a power of two from {GgufLimits.MinAlignment} to {GgufLimits.MaxAlignment}");
        }

        return (int)alignment;
    }

    private static List<TensorInfo> ReadTensorInfos(GgufCursor cursor, long count, int alignment)
    {
        List<TensorInfo> infos = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            cursor.Enter("tensor", i);
            long start = cursor.Position;
            string name = cursor.ReadName("name", GgufLimits.MaxTensorNameBytes);
            cursor.Named(name);
            if (!names.Add(name)) throw cursor.Fault("the name occurs twice", start, remedy: Damaged);

            infos.Add(ReadTensorInfo(cursor, name, start, alignment));
        }

        return infos;
    }

    private static TensorInfo ReadTensorInfo(GgufCursor cursor, string name, long start, int alignment)
    {
        uint dimensions = cursor.ReadUInt32("number of dimensions");
        if (dimensions is 0 or > GgufLimits.MaxDimensions)
        {
            throw cursor.Fault($"it has {dimensions} dimensions, allowed are 1 to {GgufLimits.MaxDimensions}", cursor.Position - sizeof(uint),
                found: $"{dimensions}", limit: $"1 to {GgufLimits.MaxDimensions}", remedy: Damaged);
        }

        long shapeOffset = cursor.Position;
        long[] shape = new long[dimensions];
        for (int d = 0; d < shape.Length; d++)
        {
            ulong size = cursor.ReadUInt64("dimension");
            if (size is 0 or > long.MaxValue)
            {
                throw cursor.Fault($"dimension {d} is {size}", cursor.Position - sizeof(ulong), found: $"{size}",
                    limit: $"1 to {long.MaxValue}", remedy: Damaged);
            }

            shape[d] = (long)size;
        }

        long typeOffset = cursor.Position;
        ElementType type = ReadElementType(cursor);
        long bytes = TensorBytes(cursor, type, shape, shapeOffset);
        if (cursor.BigEndian && type is not (ElementType.I8 or ElementType.MXFP4))
        {
            throw cursor.Fault($"its {type.Name()} data is big-endian, which is not readable in place", typeOffset, found: type.Name(),
                limit: "types of single bytes", remedy: "Convert the file to little-endian.");
        }

        long offsetOffset = cursor.Position;
        ulong offset = cursor.ReadUInt64("offset");
        if (offset > long.MaxValue || offset % (ulong)alignment != 0)
        {
            throw cursor.Fault($"offset {offset} is not a multiple of the alignment {alignment}", offsetOffset, found: $"{offset}",
                limit: $"a multiple of {alignment}", remedy: Damaged);
        }

        return new TensorInfo(name, type, shape, (long)offset, bytes, start);
    }

    private static ElementType ReadElementType(GgufCursor cursor)
    {
        uint id = cursor.ReadUInt32("type");
        if (id < (uint)ElementType.F8_E4M3 && ElementTypes.IsKnown((ElementType)id)) return (ElementType)id;

        bool retired = id is 4 or 5 or >= 31 and <= 33 or >= 36 and <= 38;
        throw cursor.Fault($"its type id {id} is {(retired ? "retired" : "unknown")}", cursor.Position - sizeof(uint), found: $"{id}",
            limit: "a type id of the format",
            remedy: retired
                ? "Convert the original weights again with a current converter."
                : "The file is damaged or made for a fork with types of its own: use a file of a common type.");
    }

    private static long TensorBytes(GgufCursor cursor, ElementType type, long[] shape, long shapeOffset)
    {
        if (shape[0] % type.BlockLength() != 0)
        {
            throw cursor.Fault($"its rows of {shape[0]} elements are not whole {type.Name()} blocks of {type.BlockLength()}", shapeOffset,
                found: $"{shape[0]}", limit: $"a multiple of {type.BlockLength()}", remedy: Damaged);
        }

        // Counted in elements as well as bytes, since a block can be smaller than its elements.
        Int128 elements = 1, bytes = type.BlockBytes();
        for (int d = 0; d < shape.Length; d++)
        {
            elements *= shape[d];
            bytes *= d == 0 ? shape[0] / type.BlockLength() : shape[d];
            if (elements > long.MaxValue || bytes > long.MaxValue)
            {
                throw cursor.Fault($"its size {string.Join(" x ", shape)} overflows 63 bits", shapeOffset,
                    found: string.Join(" x ", shape), limit: $"{long.MaxValue}", remedy: Damaged);
            }
        }

        return (long)bytes;
    }

    /// <summary>Every tensor inside the file, no two sharing a byte.</summary>
    private static void CheckPlacement(List<TensorInfo> infos, string path, long dataOffset, long fileBytes)
    {
        long dataBytes = Math.Max(0, fileBytes - dataOffset);
        foreach (TensorInfo info in infos)
        {
            if (info.Offset <= dataBytes && info.Bytes <= dataBytes - info.Offset) continue;

            throw new ModelFileException(path,
                $"tensor {ModelFileException.Quote(info.Name)}: its {info.Bytes} bytes at data offset {info.Offset} exceed the {dataBytes} bytes of data",
                info.InfoOffset, info.Name, found: $"{info.Offset}+{info.Bytes}", limit: $"{dataBytes}", remedy: GgufCursor.CutShort);
        }

        TensorInfo[] ordered = [.. infos];
        Array.Sort(ordered, static (a, b) => a.Offset.CompareTo(b.Offset));
        for (int i = 1; i < ordered.Length; i++)
        {
            TensorInfo before = ordered[i - 1], after = ordered[i];
            if (after.Offset - before.Offset >= before.Bytes) continue;

            throw new ModelFileException(path,
                $"tensors {ModelFileException.Quote(before.Name)} and {ModelFileException.Quote(after.Name)} overlap at data offset {after.Offset}",
                after.InfoOffset, after.Name, found: $"{after.Offset}", limit: $"at least {before.Offset + before.Bytes}", remedy: Damaged);
        }
    }
}
