using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Puna.Tensors;

namespace Puna.Tests.Tensors.Quantization;

/// <summary>Blocks and the floats they stand for, read from tests/golden/dequantize.bin.gz (make_dequantize.py says how it was made).</summary>
internal static class GoldenBlocks
{
    internal sealed record Entry(ElementType Type, byte[] Blocks, float[] Values);

    private static readonly Lazy<IReadOnlyList<Entry>> Entries = new(Read);

    internal static IReadOnlyList<Entry> All => Entries.Value;

    internal static Entry Of(ElementType type) => All.Single(e => e.Type == type);

    private static List<Entry> Read()
    {
        using MemoryStream unpacked = new();
        using (GZipStream file = new(File.OpenRead(RepositoryFiles.Find("tests", "golden", "dequantize.bin.gz")), CompressionMode.Decompress))
            file.CopyTo(unpacked);

        List<Entry> entries = [];
        ReadOnlySpan<byte> left = unpacked.ToArray();
        while (left.Length > 0)
        {
            ElementType type = (ElementType)BinaryPrimitives.ReadInt32LittleEndian(left);
            int bytes = BinaryPrimitives.ReadInt32LittleEndian(left[4..]) * type.BlockBytes();
            int elements = BinaryPrimitives.ReadInt32LittleEndian(left[8..]);
            left = left[12..];
            entries.Add(new Entry(type, left[..bytes].ToArray(), MemoryMarshal.Cast<byte, float>(left.Slice(bytes, 4 * elements)).ToArray()));
            left = left[(bytes + (4 * elements))..];
        }

        return entries;
    }
}
