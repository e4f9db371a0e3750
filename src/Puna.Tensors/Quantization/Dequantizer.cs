using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Turns stored numbers of any element type into float32: the one door for code that needs values, not blocks.</summary>
/// <remarks>
/// Common formats are decoded with vectors, the rest in scalar code; both give the same bits on every machine.
/// Safe to call from several threads; allocates nothing.
/// </remarks>
public static class Dequantizer
{
    /// <summary>Decodes whole blocks.</summary>
    /// <param name="type">Element type of the source.</param>
    /// <param name="source">Contiguous blocks, as in a file; no alignment needed.</param>
    /// <param name="destination">Receives all values of the source, no fewer and no more. May not overlap the source.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown.</exception>
    /// <exception cref="ArgumentException">The source is not whole blocks, or the destination does not fit it.</exception>
    public static void Dequantize(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckLengths(type, source, destination);
        if (!VectorDecoder.TryDecode(type, source, destination)) Decode(type, source, destination);
    }

    /// <summary>Reference: every type by the plain decoder of its format. The door above is tested against it.</summary>
    internal static void DequantizeScalar(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        CheckLengths(type, source, destination);
        Decode(type, source, destination);
    }

    private static void CheckLengths(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        int blockBytes = type.BlockBytes();
        if (source.Length % blockBytes != 0)
            throw new ArgumentException($"{source.Length} bytes are not a whole number of {type.Name()} blocks of {blockBytes} bytes.", nameof(source));

        long elements = (long)(source.Length / blockBytes) * type.BlockLength();
        if (destination.Length != elements)
        {
            throw new ArgumentException(
                $"{source.Length} bytes of {type.Name()} hold {elements} values, the destination has room for {destination.Length}. Pass exactly {elements}.",
                nameof(destination));
        }
    }

    private static void Decode(ElementType type, ReadOnlySpan<byte> source, Span<float> x)
    {
        switch (type)
        {
            case ElementType.F32: MemoryMarshal.Cast<byte, float>(source).CopyTo(x); break;
            case ElementType.F16: PlainNumbers.DecodeF16(source, x); break;
            case ElementType.BF16: PlainNumbers.DecodeBF16(source, x); break;
            case ElementType.F64: PlainNumbers.DecodeF64(source, x); break;
            case ElementType.I8: PlainNumbers.DecodeI8(source, x); break;
            case ElementType.I16: PlainNumbers.DecodeI16(source, x); break;
            case ElementType.I32: PlainNumbers.DecodeI32(source, x); break;
            case ElementType.I64: PlainNumbers.DecodeI64(source, x); break;
            case ElementType.F8_E4M3: PlainNumbers.DecodeF8(source, x); break;
            case ElementType.Q4_0: DecodeBlocks<BlockQ4_0>(source, x); break;
            case ElementType.Q4_1: DecodeBlocks<BlockQ4_1>(source, x); break;
            case ElementType.Q5_0: DecodeBlocks<BlockQ5_0>(source, x); break;
            case ElementType.Q5_1: DecodeBlocks<BlockQ5_1>(source, x); break;
            case ElementType.Q8_0: DecodeBlocks<BlockQ8_0>(source, x); break;
            case ElementType.Q8_1: DecodeBlocks<BlockQ8_1>(source, x); break;
            case ElementType.Q2_K: DecodeBlocks<BlockQ2_K>(source, x); break;
            case ElementType.Q3_K: DecodeBlocks<BlockQ3_K>(source, x); break;
            case ElementType.Q4_K: DecodeBlocks<BlockQ4_K>(source, x); break;
            case ElementType.Q5_K: DecodeBlocks<BlockQ5_K>(source, x); break;
            case ElementType.Q6_K: DecodeBlocks<BlockQ6_K>(source, x); break;
            case ElementType.Q8_K: DecodeBlocks<BlockQ8_K>(source, x); break;
            case ElementType.IQ1_S: DecodeBlocks<BlockIQ1_S>(source, x); break;
            case ElementType.IQ1_M: DecodeBlocks<BlockIQ1_M>(source, x); break;
            case ElementType.IQ2_XXS: DecodeBlocks<BlockIQ2_XXS>(source, x); break;
            case ElementType.IQ2_XS: DecodeBlocks<BlockIQ2_XS>(source, x); break;
            case ElementType.IQ2_S: DecodeBlocks<BlockIQ2_S>(source, x); break;
            case ElementType.IQ3_XXS: DecodeBlocks<BlockIQ3_XXS>(source, x); break;
            case ElementType.IQ3_S: DecodeBlocks<BlockIQ3_S>(source, x); break;
            case ElementType.IQ4_NL: DecodeBlocks<BlockIQ4_NL>(source, x); break;
            case ElementType.IQ4_XS: DecodeBlocks<BlockIQ4_XS>(source, x); break;
            case ElementType.TQ1_0: DecodeBlocks<BlockTQ1_0>(source, x); break;
            case ElementType.TQ2_0: DecodeBlocks<BlockTQ2_0>(source, x); break;
            case ElementType.MXFP4: DecodeBlocks<BlockMXFP4>(source, x); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, $"Element type {(int)type} has no decoder.");
        }
    }

    private static void DecodeBlocks<TBlock>(ReadOnlySpan<byte> source, Span<float> x)
        where TBlock : unmanaged, IQuantizedBlock<TBlock>
    {
        int length = TBlock.Type.BlockLength(), bytes = Unsafe.SizeOf<TBlock>();
        for (int i = 0; i < source.Length / bytes; i++)
        {
            TBlock block = MemoryMarshal.Read<TBlock>(source.Slice(i * bytes, bytes));
            TBlock.Decode(in block, x.Slice(i * length, length));
        }
    }
}
