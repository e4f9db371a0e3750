using System.Buffers.Binary;

namespace Puna.Tensors.Quantization;

/// <summary>
/// The element types that are numbers on their own, one value a block: little-endian IEEE floats, brain floats (the upper
/// half of a float32), E4M3 floats and two's complement integers. Spans hold the same number of elements.
/// </summary>
internal static class PlainNumbers
{
    internal static void DecodeF16(ReadOnlySpan<byte> source, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++) x[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(source[(2 * i)..]);
    }

    internal static void DecodeBF16(ReadOnlySpan<byte> source, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]) << 16);
    }

    internal static void DecodeF64(ReadOnlySpan<byte> source, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++) x[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
    }

    internal static void DecodeI8(ReadOnlySpan<byte> source, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++) x[i] = (sbyte)source[i];
    }

    internal static void DecodeI16(ReadOnlySpan<byte> source, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++) x[i] = BinaryPrimitives.ReadInt16LittleEndian(source[(2 * i)..]);
    }

    internal static void DecodeI32(ReadOnlySpan<byte> source, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++) x[i] = BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]);
    }

    internal static void DecodeI64(ReadOnlySpan<byte> source, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++) x[i] = BinaryPrimitives.ReadInt64LittleEndian(source[(8 * i)..]);
    }

    internal static void DecodeF8(ReadOnlySpan<byte> source, Span<float> x)
    {
        ReadOnlySpan<float> values = Float8E4M3.Table;
        for (int i = 0; i < x.Length; i++) x[i] = values[source[i]];
    }

    /// <summary>Rounds to half precision, half to even. Values must be in range.</summary>
    internal static void EncodeF16(ReadOnlySpan<float> x, Span<byte> destination)
    {
        for (int i = 0; i < x.Length; i++) BinaryPrimitives.WriteHalfLittleEndian(destination[(2 * i)..], (Half)x[i]);
    }

    /// <summary>Rounds to the upper 16 bits of a float32, half to even. Values must be in range.</summary>
    internal static void EncodeBF16(ReadOnlySpan<float> x, Span<byte> destination)
    {
        for (int i = 0; i < x.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(x[i]);
            uint rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], (ushort)rounded);
        }
    }
}
