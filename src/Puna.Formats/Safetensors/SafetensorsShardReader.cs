using System.Buffers.Binary;
using Puna.Tensors.Storage;
using Item = Puna.Formats.Safetensors.SafetensorsHeaderReader.Item;

namespace Puna.Formats.Safetensors;

/// <summary>Validates one mapped safetensors file by the rules of the format. Touches no tensor data.</summary>
internal static class SafetensorsShardReader
{
    /// <summary>Longest header, in bytes (format).</summary>
    internal const int MaxHeaderBytes = 100_000_000;

    private const int LengthBytes = sizeof(ulong);
    private const string Damaged = "The file is damaged: download it again.";
    private const string CutShort = "The file is cut short or damaged: download it again.";

    /// <summary>Reads the file held by <paramref name="storage"/>, which stays the caller's until this returns.</summary>
    /// <exception cref="ModelFileException">The file breaks a rule of the format.</exception>
    internal static SafetensorsShard Read(string path, NativeStorage storage)
    {
        ReadOnlySpan<byte> header = ReadHeader(path, storage);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        List<Item> items = SafetensorsHeaderReader.Read(path, header, metadata);

        long dataOffset = LengthBytes + header.Length;
        List<SafetensorsEntry> entries = new(items.Count);
        foreach (Item item in items) entries.Add(ToEntry(path, item, dataOffset));

        CheckCoverage(path, items, storage.Length - dataOffset);
        return new SafetensorsShard(path, storage, entries, metadata);
    }

    private static ReadOnlySpan<byte> ReadHeader(string path, NativeStorage storage)
    {
        ReadOnlySpan<byte> head = storage.Slice(0, (int)Math.Min(storage.Length, FileSignature.HeadBytes));
        if (storage.Length < LengthBytes)
        {
            throw new ModelFileException(path, $"the file has {storage.Length} bytes, the header length alone takes {LengthBytes}", 0,
                "header length", $"{storage.Length}", $"{LengthBytes}", FileSignature.Describe(head, FileKind.Safetensors) ?? CutShort);
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head);
        long left = storage.Length - LengthBytes;
        if (length > MaxHeaderBytes || length > (ulong)left)
        {
            string limit = left < MaxHeaderBytes ? $"the {left} bytes left" : $"the limit of {MaxHeaderBytes} bytes";
            throw new ModelFileException(path, $"header length {length} exceeds {limit}", 0, "header length", $"{length}",
                $"{Math.Min(left, MaxHeaderBytes)}", FileSignature.Describe(head, FileKind.Safetensors) ?? CutShort);
        }

        ReadOnlySpan<byte> header = storage.Slice(LengthBytes, (int)length);
        if (header.IsEmpty || header[0] != (byte)'{')
            throw new ModelFileException(path, "the header does not begin with '{'", LengthBytes, "header", remedy: FileSignature.Describe(head, FileKind.Safetensors) ?? Damaged);

        return header;
    }

    private static SafetensorsEntry ToEntry(string path, Item item, long dataOffset)
    {
        SafetensorsDtypes.Dtype dtype = SafetensorsDtypes.Find(item.Dtype) ?? throw Fault(path, item,
            $"its dtype {ModelFileException.Quote(item.Dtype)} is unknown", item.Dtype, string.Join(", ", SafetensorsDtypes.All.Select(d => d.Name)));

        Int128 bits = dtype.Bits;
        foreach (long size in item.Shape)
        {
            bits *= size;
            if (bits > (Int128)long.MaxValue * 8)
                throw Fault(path, item, $"its size [{string.Join(", ", item.Shape)}] overflows 63 bits", string.Join(" x ", item.Shape), $"{long.MaxValue}");
        }

        if (item.End < item.Begin)
            throw Fault(path, item, $"data_offsets end at {item.End}, before they begin at {item.Begin}", $"{item.End}", $"at least {item.Begin}");
        if (bits != (Int128)(item.End - item.Begin) * 8)
        {
            string due = bits % 8 == 0 ? $"{bits / 8}" : $"{bits}/8";
            throw Fault(path, item, $"its {item.End - item.Begin} bytes of data are not the {due} of shape [{string.Join(", ", item.Shape)}] and dtype {dtype.Name}",
                $"{item.End - item.Begin}", due);
        }

        long[] shape = [.. item.Shape.Reverse()];
        // A begin past the end of the file makes no wrong address: CheckCoverage refuses it before any is formed.
        TensorLocation location = new(path, unchecked(dataOffset + item.Begin), item.End - item.Begin);
        return new SafetensorsEntry(item.Name, dtype.Name, dtype.Type, shape, location);
    }

    /// <summary>The tensors cover the data without a gap, an overlap or a rest, as the format demands.</summary>
    private static void CheckCoverage(string path, List<Item> items, long dataBytes)
    {
        Item[] ordered = [.. items];
        Array.Sort(ordered, static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));

        long end = 0;
        foreach (Item item in ordered)
        {
            if (item.End > dataBytes) throw Fault(path, item, $"its data ends at {item.End}, the file's data at {dataBytes}", $"{item.End}", $"{dataBytes}", CutShort);
            if (item.Begin < end) throw Fault(path, item, $"its data begins at {item.Begin}, inside the tensor before it, which ends at {end}", $"{item.Begin}", $"{end}");
            if (item.Begin > end) throw Fault(path, item, $"its data begins at {item.Begin}, leaving a hole from {end}", $"{item.Begin}", $"{end}");
            end = item.End;
        }

        if (end != dataBytes)
        {
            throw new ModelFileException(path, $"the tensors end at {end}, the file's data at {dataBytes}", field: "data_offsets",
                found: $"{dataBytes}", limit: $"{end}", remedy: Damaged);
        }
    }

    private static ModelFileException Fault(string path, Item item, string problem, string found, string limit, string remedy = Damaged) => new(
        path, $"tensor {ModelFileException.Quote(item.Name)}: {problem}", item.HeaderOffset, item.Name, found, limit, remedy);
}
