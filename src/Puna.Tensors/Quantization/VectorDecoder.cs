using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Tensors.Quantization;

/// <summary>
/// Vector decoders of the block formats, 16 quants at a time: unpack to signed bytes, widen, convert, one multiply and at
/// most one add in the order of the scalar reference, so that the bits agree. Portable vectors: every instruction set
/// runs the same code.
/// </summary>
internal static unsafe partial class VectorDecoder
{
    /// <summary>Decodes if the type has a vector decoder. Lengths were checked by the caller.</summary>
    internal static bool TryDecode(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        int n = source.Length / type.BlockBytes();
        fixed (byte* s = source)
        fixed (float* x = destination)
        {
            switch (type)
            {
                case ElementType.F16: DecodeF16((ushort*)s, n, x); return true;
                case ElementType.BF16: DecodeBF16((ushort*)s, n, x); return true;
                case ElementType.Q4_0: Decode((BlockQ4_0*)s, n, x); return true;
                case ElementType.Q4_1: Decode((BlockQ4_1*)s, n, x); return true;
                case ElementType.Q5_0: Decode((BlockQ5_0*)s, n, x); return true;
                case ElementType.Q5_1: Decode((BlockQ5_1*)s, n, x); return true;
                case ElementType.Q8_0: Decode((BlockQ8_0*)s, n, x); return true;
                case ElementType.Q2_K: Decode((BlockQ2_K*)s, n, x); return true;
                case ElementType.Q3_K: Decode((BlockQ3_K*)s, n, x); return true;
                case ElementType.Q4_K: Decode((BlockQ4_K*)s, n, x); return true;
                case ElementType.Q5_K: Decode((BlockQ5_K*)s, n, x); return true;
                case ElementType.Q6_K: Decode((BlockQ6_K*)s, n, x); return true;
                case ElementType.IQ1_S: Decode((BlockIQ1_S*)s, n, x); return true;
                case ElementType.IQ1_M: Decode((BlockIQ1_M*)s, n, x); return true;
                case ElementType.IQ2_XXS: Decode((BlockIQ2_XXS*)s, n, x); return true;
                case ElementType.IQ2_XS: Decode((BlockIQ2_XS*)s, n, x); return true;
                case ElementType.IQ2_S: Decode((BlockIQ2_S*)s, n, x); return true;
                case ElementType.IQ3_XXS: Decode((BlockIQ3_XXS*)s, n, x); return true;
                case ElementType.IQ3_S: Decode((BlockIQ3_S*)s, n, x); return true;
                case ElementType.IQ4_NL: Decode((BlockIQ4_NL*)s, n, x); return true;
                case ElementType.IQ4_XS: Decode((BlockIQ4_XS*)s, n, x); return true;
                case ElementType.TQ2_0: Decode((BlockTQ2_0*)s, n, x); return true;
                case ElementType.MXFP4: Decode((BlockMXFP4*)s, n, x); return true;
                default: return false;
            }
        }
    }

    /// <summary>Half to float by moving exponent and mantissa into place and scaling by 2^112, exact for subnormals too.</summary>
    private static void DecodeF16(ushort* s, int n, float* x)
    {
        int i = 0;
        for (; i <= n - 8; i += 8)
        {
            Vector256<uint> h = WidenToUInt32(Vector128.Load(s + i));
            Vector256<uint> sign = (h & Vector256.Create(0x8000u)) << 16;
            Vector256<uint> rest = h & Vector256.Create(0x7FFFu);
            Vector256<uint> scaled = ((rest << 13).AsSingle() * BitConverter.UInt32BitsToSingle((127 + 112) << 23)).AsUInt32();

            // Infinity and NaN keep an all-ones exponent; NaN also becomes quiet, as the conversion of a single value does.
            Vector256<uint> special = Vector256.GreaterThan(rest, Vector256.Create(0x7BFFu)) & Vector256.Create(0x7F80_0000u);
            Vector256<uint> quiet = Vector256.GreaterThan(rest, Vector256.Create(0x7C00u)) & Vector256.Create(0x0040_0000u);
            (sign | scaled | special | quiet).AsSingle().Store(x + i);
        }

        for (; i < n; i++) x[i] = (float)BitConverter.UInt16BitsToHalf(s[i]);
    }

    private static void DecodeBF16(ushort* s, int n, float* x)
    {
        int i = 0;
        for (; i <= n - 8; i += 8) (WidenToUInt32(Vector128.Load(s + i)) << 16).AsSingle().Store(x + i);
        for (; i < n; i++) x[i] = BitConverter.UInt32BitsToSingle((uint)s[i] << 16);
    }

    /// <summary>x[e] = d * q[e] for 16 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<sbyte> q, float d, float* x)
    {
        (Vector256<float> low, Vector256<float> high) = ToFloat(q);
        (Vector256.Create(d) * low).Store(x);
        (Vector256.Create(d) * high).Store(x + 8);
    }

    /// <summary>x[e] = d * q[e] + m for 16 elements, rounded after the product and after the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<sbyte> q, float d, float m, float* x)
    {
        (Vector256<float> low, Vector256<float> high) = ToFloat(q);
        ((Vector256.Create(d) * low) + Vector256.Create(m)).Store(x);
        ((Vector256.Create(d) * high) + Vector256.Create(m)).Store(x + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Low, Vector256<float> High) ToFloat(Vector128<sbyte> q)
    {
        Vector256<short> wide = Avx2.IsSupported
            ? Avx2.ConvertToVector256Int16(q)
            : Vector256.Create(Vector128.WidenLower(q), Vector128.WidenUpper(q));
        return (ToFloat(wide.GetLower()), ToFloat(wide.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToFloat(Vector128<short> q) => Vector256.ConvertToSingle(
        Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(q)
            : Vector256.Create(Vector128.WidenLower(q), Vector128.WidenUpper(q)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> WidenToUInt32(Vector128<ushort> h) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(h).AsUInt32()
        : Vector256.Create(Vector128.WidenLower(h), Vector128.WidenUpper(h));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LowNibbles(Vector128<byte> pairs) => pairs & Vector128.Create((byte)15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> HighNibbles(Vector128<byte> pairs) => pairs >> 4;

    /// <summary>16 bits to 16 bytes of 16 or 0: the fifth bit of a quant in its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> FifthBits(uint bits)
    {
        ulong low = Codebooks.SignMasks[(int)(bits & 255)], high = Codebooks.SignMasks[(int)((bits >> 8) & 255)];
        return Vector128.Create(low, high).AsByte() & Vector128.Create((byte)16);
    }
}
