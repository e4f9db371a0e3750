using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Tensors.Quantization;

/// <summary>
/// Quantizes activations to signed bytes for integer dot products: blocks of 32 (Q8_0) for weights in blocks of 32, blocks of 256
/// (Q8_K) for weights in super-blocks.
/// </summary>
/// <remarks>
/// Rounding is half to even. The vector code gives the bits of the scalar code. A block with a NaN or an infinity gets a
/// scale that is not finite and quants of zero, so that whatever is computed from it is NaN and cannot pass unnoticed; a
/// block beyond 127 * 65504 gets an infinite half scale. Allocates nothing; safe from several threads.
/// </remarks>
public static unsafe class ActivationQuantizer
{
    /// <summary>
    /// Q8_0: d = max|x| / 127, q = round(x * (1 / d)) with d in float32; the stored scale is d rounded to half.
    /// </summary>
    /// <param name="x">Activations, [32 * blocks].</param>
    /// <param name="blocks">Receives the blocks.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public static void QuantizeQ8_0(ReadOnlySpan<float> x, Span<BlockQ8_0> blocks)
    {
        CheckLengths(ElementType.Q8_0, x.Length, blocks.Length);
        fixed (float* values = x)
        fixed (BlockQ8_0* first = blocks)
        {
            for (int i = 0; i < blocks.Length; i++) Quantize(values + (32 * i), first + i);
        }
    }

    /// <summary>
    /// Q8_K: with M the first value of largest magnitude, s = -127 / M, q = min(127, round(s * x)), d = 1 / s, and the sums
    /// of each 16 quants. All zero where M is zero.
    /// </summary>
    /// <param name="x">Activations, [256 * blocks].</param>
    /// <param name="blocks">Receives the blocks.</param>
    /// <exception cref="ArgumentException">The lengths do not match.</exception>
    public static void QuantizeQ8_K(ReadOnlySpan<float> x, Span<BlockQ8_K> blocks)
    {
        CheckLengths(ElementType.Q8_K, x.Length, blocks.Length);
        fixed (float* values = x)
        fixed (BlockQ8_K* first = blocks)
        {
            for (int i = 0; i < blocks.Length; i++) Quantize(values + (256 * i), first + i);
        }
    }

    /// <summary>Reference of <see cref="QuantizeQ8_0"/>: one block of 32.</summary>
    internal static void QuantizeScalar(ReadOnlySpan<float> x, out BlockQ8_0 block)
    {
        float max = 0f;
        for (int e = 0; e < 32; e++) max = MathF.Max(max, MathF.Abs(x[e])); // NaN wins

        block = default;
        float d = max / 127f;
        block.Scale = (Half)d;
        float inverse = Inverse(d);
        for (int e = 0; e < 32; e++) block.Quants[e] = inverse == 0f ? (sbyte)0 : (sbyte)MathF.Round(x[e] * inverse);
    }

    /// <summary>Reference of <see cref="QuantizeQ8_K"/>: one block of 256.</summary>
    internal static void QuantizeScalar(ReadOnlySpan<float> x, out BlockQ8_K block)
    {
        float max = 0f;
        for (int e = 0; e < 256; e++) max = MathF.Max(max, MathF.Abs(x[e]));

        block = default;
        if (!float.IsFinite(max))
        {
            block.Scale = max;
            return;
        }

        int extreme = 0;
        while (MathF.Abs(x[extreme]) != max) extreme++;

        float scale = -127f / x[extreme];
        if (!float.IsFinite(scale)) return; // M is zero, or so small that its reciprocal is not a float

        block.Scale = 1f / scale;
        for (int e = 0; e < 256; e++)
        {
            block.Quants[e] = (sbyte)Math.Min(127, (int)MathF.Round(scale * x[e]));
            block.Sums[e / 16] += block.Quants[e];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quantize(float* x, BlockQ8_0* block)
    {
        Vector256<float> x0 = Vector256.Load(x), x1 = Vector256.Load(x + 8), x2 = Vector256.Load(x + 16), x3 = Vector256.Load(x + 24);
        Vector256<int> magnitudes = Vector256.Max(
            Vector256.Max(MagnitudeBits(x0), MagnitudeBits(x1)), Vector256.Max(MagnitudeBits(x2), MagnitudeBits(x3)));

        float d = Max(magnitudes) / 127f;
        block->Scale = (Half)d;
        Vector256<float> inverse = Vector256.Create(Inverse(d));
        if (inverse.ToScalar() == 0f) // also where values may not be finite
        {
            new Span<sbyte>(block->Quants, 32).Clear();
            return;
        }

        Narrow(x0 * inverse, x1 * inverse).Store(block->Quants);
        Narrow(x2 * inverse, x3 * inverse).Store(block->Quants + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quantize(float* x, BlockQ8_K* block)
    {
        Vector256<int> magnitudes = Vector256<int>.Zero;
        for (int e = 0; e < 256; e += 8) magnitudes = Vector256.Max(magnitudes, MagnitudeBits(Vector256.Load(x + e)));

        float max = Max(magnitudes);
        float scale = float.IsFinite(max) ? -127f / FirstOfMagnitude(x, max) : float.PositiveInfinity;
        if (!float.IsFinite(scale))
        {
            *block = default;
            block->Scale = float.IsFinite(max) ? 0f : max;
            return;
        }

        block->Scale = 1f / scale;
        Vector256<float> s = Vector256.Create(scale), top = Vector256.Create(127f);
        for (int t = 0; t < 16; t++)
        {
            // min before rounding is min after it: 127 is a whole number.
            Vector256<float> low = Vector256.MinNative(s * Vector256.Load(x + (16 * t)), top);
            Vector256<float> high = Vector256.MinNative(s * Vector256.Load(x + (16 * t) + 8), top);
            Vector128<sbyte> q = Narrow(low, high);
            q.Store(block->Quants + (16 * t));
            block->Sums[t] = Vector128.Sum(Vector128.WidenLower(q) + Vector128.WidenUpper(q));
        }
    }

    /// <summary>16 values, within the range of a signed byte, rounded half to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Narrow(Vector256<float> low, Vector256<float> high)
    {
        Vector256<int> l = Vector256.ConvertToInt32Native(Vector256.Round(low)), h = Vector256.ConvertToInt32Native(Vector256.Round(high));
        return Vector128.NarrowWithSaturation(
            Vector128.NarrowWithSaturation(l.GetLower(), l.GetUpper()), Vector128.NarrowWithSaturation(h.GetLower(), h.GetUpper()));
    }

    /// <summary>The bits of |x|, which order as integers like the magnitudes, infinity and then NaN above all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MagnitudeBits(Vector256<float> x) => Vector256.Abs(x).AsInt32();

    /// <summary>The largest magnitude; NaN if any lane is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Max(Vector256<int> magnitudeBits)
    {
        Vector128<int> four = Vector128.Max(magnitudeBits.GetLower(), magnitudeBits.GetUpper());
        Vector128<int> two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).AsSingle().ToScalar();
    }

    /// <summary>The first value whose magnitude is <paramref name="max"/>, with its sign.</summary>
    private static float FirstOfMagnitude(float* x, float max)
    {
        Vector256<float> wanted = Vector256.Create(max);
        for (int e = 0; ; e += 8)
        {
            uint found = Vector256.Equals(Vector256.Abs(Vector256.Load(x + e)), wanted).ExtractMostSignificantBits();
            if (found != 0) return x[e + uint.TrailingZeroCount(found)];
        }
    }

    /// <summary>1 / d, or 0 where that is not a finite number: d is zero, next to zero or not finite itself.</summary>
    private static float Inverse(float d)
    {
        float inverse = 1f / d;
        return float.IsFinite(inverse) ? inverse : 0f;
    }

    private static void CheckLengths(ElementType type, int values, int blocks)
    {
        if (values == (long)blocks * type.BlockLength()) return;

        throw new ArgumentException(
            $"{values} values do not fill {blocks} {type.Name()} blocks of {type.BlockLength()}. Pass a row whose width is a multiple of {type.BlockLength()} and that many blocks.",
            nameof(blocks));
    }
}
