using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu;

/// <summary>
/// IEEE 754 binary16 to binary32 and back, in lanes. Widening is exact for every bit pattern: subnormals, infinities and
/// NaN payloads included. Narrowing rounds to nearest, ties to even, like the processors' own conversion.
/// </summary>
/// <remarks>
/// Widening moves exponent and fraction to their places and multiplies by 2^112, the difference of the exponent biases;
/// the product is exact, and normalises subnormals. Exponent 31 (infinity, NaN) is then set to 255.
/// Narrowing overflows to infinity from <see cref="Overflow"/> on, as processors do; callers for which that is an error
/// look first.
/// </remarks>
internal static unsafe class HalfConversion
{
    /// <summary>The first magnitude that rounds to an infinite half.</summary>
    public const float Overflow = 65520f;

    private const int MagnitudeMask = 0x7fff;
    private const int SignMask = 0x8000;
    private const int WideInfinity = 0x7f80_0000;

    /// <summary>Half infinity with exponent and fraction moved to where a float has them.</summary>
    private const int ShiftedInfinity = 0x7c00 << 13;

    /// <summary>Bits of 65536, the first float that is beyond all halfs; those from 65520 on round up to infinity by themselves.</summary>
    private const int HalfOverflow = 0x4780_0000;

    /// <summary>Bits of 2^-14, the smallest normal half. Below it, adding 0.5 leaves the half's 10 fraction bits lowest.</summary>
    private const int HalfNormal = 0x3880_0000;

    /// <summary>Bits of 0.5.</summary>
    private const int HalfBits = 0x3f00_0000;

    /// <summary>Takes 112 from the exponent and adds just under half of the last bit kept.</summary>
    private const int Rebias = -(112 << 23) + 0xfff;

    private const int HalfInfinity = 0x7c00, QuietNaN = 0x7e00;

    /// <summary>Sign and magnitude of a half that was sign-extended and shifted left by 13.</summary>
    private const int ShiftedHalf = unchecked((int)0x8fff_e000);

    private const float BiasFactor = 5.192296858534828e33f; // 2^112

    /// <summary>One half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort half)
    {
        int magnitude = (half & MagnitudeMask) << 13;
        int bits = BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(magnitude) * BiasFactor);
        if (magnitude >= ShiftedInfinity) bits |= WideInfinity;
        return BitConverter.Int32BitsToSingle(bits | ((half & SignMask) << 16));
    }

    /// <summary>Four halfs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load128(ushort* source) =>
        ToSingle(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()).AsInt32());

    /// <summary>Eight halfs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256(ushort* source) =>
        ToSingle(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()).AsInt32());

    /// <summary>Sixteen halfs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512(ushort* source) =>
        ToSingle(Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()).AsInt32());

    /// <summary>Four halfs that are known to be finite: infinity and NaN come out as numbers from 65536 on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFinite128(ushort* source)
    {
        Vector128<int> half = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsInt16());
        return (Vector128.ShiftLeft(half, 13) & Vector128.Create(ShiftedHalf)).AsSingle() * BiasFactor;
    }

    /// <summary>Eight halfs that are known to be finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFinite256(ushort* source)
    {
        Vector256<int> half = Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe().AsInt16());
        return (Vector256.ShiftLeft(half, 13) & Vector256.Create(ShiftedHalf)).AsSingle() * BiasFactor;
    }

    /// <summary>Sixteen halfs that are known to be finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFinite512(ushort* source)
    {
        Vector512<int> half = Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe().AsInt16());
        return (Vector512.ShiftLeft(half, 13) & Vector512.Create(ShiftedHalf)).AsSingle() * BiasFactor;
    }

    /// <summary>Widens all of <paramref name="halfs"/>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ToSingle(ReadOnlySpan<ushort> halfs, Span<float> destination)
    {
        if (destination.Length != halfs.Length)
            KernelThrow.Shape(nameof(HalfConversion), "the length of the destination", destination.Length, halfs.Length);

        int i = 0;
        fixed (ushort* source = halfs)
        fixed (float* target = destination)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                for (; i <= halfs.Length - 16; i += 16) Load512(source + i).Store(target + i);
            }

            if (Vector256.IsHardwareAccelerated)
            {
                for (; i <= halfs.Length - 8; i += 8) Load256(source + i).Store(target + i);
            }

            if (Vector128.IsHardwareAccelerated)
            {
                for (; i <= halfs.Length - 4; i += 4) Load128(source + i).Store(target + i);
            }

            for (; i < halfs.Length; i++) target[i] = ToSingle(source[i]);
        }
    }

    /// <summary>The nearest half; overflows to infinity, NaN becomes the quiet NaN of its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        int magnitude = bits & int.MaxValue;
        int half;
        if (magnitude >= HalfOverflow) half = magnitude > WideInfinity ? QuietNaN : HalfInfinity;
        else if (magnitude < HalfNormal) half = BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(magnitude) + 0.5f) - HalfBits;
        else half = (magnitude + Rebias + ((magnitude >> 13) & 1)) >> 13;
        return (ushort)(half | ((bits >>> 16) & SignMask));
    }

    /// <summary>Narrows all of <paramref name="values"/>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromSingle(ReadOnlySpan<float> values, Span<ushort> destination)
    {
        if (destination.Length != values.Length)
            KernelThrow.Shape(nameof(HalfConversion), "the length of the destination", destination.Length, values.Length);

        int i = 0;
        fixed (float* source = values)
        fixed (ushort* target = destination)
        {
            if (Vector256.IsHardwareAccelerated)
            {
                for (; i <= values.Length - 16; i += 16)
                    Vector256.Narrow(FromSingle(Vector256.Load(source + i)), FromSingle(Vector256.Load(source + i + 8))).Store(target + i);
            }

            if (Vector128.IsHardwareAccelerated)
            {
                for (; i <= values.Length - 8; i += 8)
                    Vector128.Narrow(FromSingle(Vector128.Load(source + i)), FromSingle(Vector128.Load(source + i + 4))).Store(target + i);
            }

            for (; i < values.Length; i++) target[i] = FromSingle(source[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> FromSingle(Vector128<float> value)
    {
        Vector128<int> bits = value.AsInt32();
        Vector128<int> magnitude = bits & Vector128.Create(int.MaxValue);
        Vector128<int> normal = (magnitude + Vector128.Create(Rebias) + ((magnitude >> 13) & Vector128<int>.One)) >> 13;
        Vector128<int> subnormal = (magnitude.AsSingle() + Vector128.Create(0.5f)).AsInt32() - Vector128.Create(HalfBits);
        Vector128<int> special = Vector128.ConditionalSelect(
            Vector128.GreaterThan(magnitude, Vector128.Create(WideInfinity)), Vector128.Create(QuietNaN), Vector128.Create(HalfInfinity));
        Vector128<int> half = Vector128.ConditionalSelect(Vector128.LessThan(magnitude, Vector128.Create(HalfNormal)), subnormal, normal);
        half = Vector128.ConditionalSelect(Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(HalfOverflow)), special, half);
        return (half | ((bits >>> 16) & Vector128.Create(SignMask))).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> FromSingle(Vector256<float> value)
    {
        Vector256<int> bits = value.AsInt32();
        Vector256<int> magnitude = bits & Vector256.Create(int.MaxValue);
        Vector256<int> normal = (magnitude + Vector256.Create(Rebias) + ((magnitude >> 13) & Vector256<int>.One)) >> 13;
        Vector256<int> subnormal = (magnitude.AsSingle() + Vector256.Create(0.5f)).AsInt32() - Vector256.Create(HalfBits);
        Vector256<int> special = Vector256.ConditionalSelect(
            Vector256.GreaterThan(magnitude, Vector256.Create(WideInfinity)), Vector256.Create(QuietNaN), Vector256.Create(HalfInfinity));
        Vector256<int> half = Vector256.ConditionalSelect(Vector256.LessThan(magnitude, Vector256.Create(HalfNormal)), subnormal, normal);
        half = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(HalfOverflow)), special, half);
        return (half | ((bits >>> 16) & Vector256.Create(SignMask))).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ToSingle(Vector128<int> half)
    {
        Vector128<int> magnitude = Vector128.ShiftLeft(half & Vector128.Create(MagnitudeMask), 13);
        Vector128<int> bits = (magnitude.AsSingle() * BiasFactor).AsInt32();
        bits |= Vector128.GreaterThanOrEqual(magnitude, Vector128.Create(ShiftedInfinity)) & Vector128.Create(WideInfinity);
        return (bits | Vector128.ShiftLeft(half & Vector128.Create(SignMask), 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToSingle(Vector256<int> half)
    {
        Vector256<int> magnitude = Vector256.ShiftLeft(half & Vector256.Create(MagnitudeMask), 13);
        Vector256<int> bits = (magnitude.AsSingle() * BiasFactor).AsInt32();
        bits |= Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(ShiftedInfinity)) & Vector256.Create(WideInfinity);
        return (bits | Vector256.ShiftLeft(half & Vector256.Create(SignMask), 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ToSingle(Vector512<int> half)
    {
        Vector512<int> magnitude = Vector512.ShiftLeft(half & Vector512.Create(MagnitudeMask), 13);
        Vector512<int> bits = (magnitude.AsSingle() * BiasFactor).AsInt32();
        bits |= Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(ShiftedInfinity)) & Vector512.Create(WideInfinity);
        return (bits | Vector512.ShiftLeft(half & Vector512.Create(SignMask), 16)).AsSingle();
    }
}
