using System.Text.Json;
using Puna.Tensors;

namespace Puna.Formats.Safetensors;

/// <summary>Lays tensors out in one safetensors file and writes its header.</summary>
internal sealed class SafetensorsShardPlan
{
    private const int LengthBytes = sizeof(ulong);
    private const int HeaderAlignment = 8; // of the first byte of data

    /// <summary>A tensor to be written; sizes innermost first.</summary>
    internal sealed record Declared(string Name, ElementType Type, long[] Shape, long Bytes);

    private readonly List<Declared> _tensors = [];

    /// <summary>Bytes of data planned so far.</summary>
    internal long DataBytes { get; private set; }

    internal IReadOnlyList<Declared> Tensors => _tensors;

    internal void Add(Declared tensor)
    {
        _tensors.Add(tensor);
        DataBytes = checked(DataBytes + tensor.Bytes);
    }

    /// <summary>
    /// Length, header and padding as they begin the file, and the first byte in the file of every tensor. Wider elements
    /// come first, so that each tensor is aligned to its element.
    /// </summary>
    internal (byte[] Head, Dictionary<string, long> Offsets) Layout(IReadOnlyDictionary<string, string> metadata)
    {
        Declared[] ordered = [.. _tensors.OrderByDescending(t => t.Type.BlockBytes())];
        byte[] json = WriteJson(ordered, metadata);
        int padded = (json.Length + HeaderAlignment - 1) / HeaderAlignment * HeaderAlignment;

        byte[] head = new byte[LengthBytes + padded];
        BitConverter.TryWriteBytes(head, (ulong)padded);
        json.CopyTo(head, LengthBytes);
        head.AsSpan(LengthBytes + json.Length).Fill((byte)' ');

        Dictionary<string, long> offsets = new(StringComparer.Ordinal);
        long at = head.Length;
        foreach (Declared tensor in ordered)
        {
            offsets.Add(tensor.Name, at);
            at += tensor.Bytes;
        }

        return (head, offsets);
    }

    private static byte[] WriteJson(Declared[] ordered, IReadOnlyDictionary<string, string> metadata)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }

            long begin = 0;
            foreach (Declared tensor in ordered)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsDtypes.Find(tensor.Type)!.Value.Name);
                WriteNumbers(json, "shape", tensor.Shape.AsEnumerable().Reverse());
                WriteNumbers(json, "data_offsets", [begin, begin + tensor.Bytes]);
                json.WriteEndObject();
                begin += tensor.Bytes;
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
