using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Tensors.Quantization;

/// <summary>Stores float32 weights in another element type with a small squared error.</summary>
/// <remarks>
/// Deterministic: the same values give the same bytes on every machine and instruction set. Blocks are independent, so
/// a tensor may be split at block boundaries between threads. Allocates nothing. Activations have their own, cheaper
/// rules: <see cref="ActivationQuantizer"/>.
/// </remarks>
public static class Quantizer
{
    /// <summary>The largest float32 that does not round to infinity: just below 65520, halfway to the next half.</summary>
    private static readonly float MaxRoundedToHalf = MathF.BitDecrement(65520f);

    /// <summary>The largest float32 that does not round to infinity as BF16.</summary>
    private static readonly float MaxRoundedToBF16 = BitConverter.UInt32BitsToSingle(0x7F7F_7FFF);

    /// <summary>True when <see cref="Quantize"/> can write the type.</summary>
    public static bool CanQuantize(ElementType type) => type is ElementType.F32 or ElementType.F16 or ElementType.BF16
        or ElementType.Q4_0 or ElementType.Q4_1 or ElementType.Q5_0 or ElementType.Q5_1 or ElementType.Q8_0
        or ElementType.Q4_K or ElementType.Q5_K or ElementType.Q6_K;

    /// <summary>
    /// Published limit of the relative error sqrt(Σ(x - x̂)² / Σx²) on unit Gaussian values, where x̂ are the values decoded
    /// again. Values with heavier tails lie above it.
    /// </summary>
    /// <exception cref="NotSupportedException">The type cannot be written.</exception>
    public static float RelativeErrorLimit(ElementType type) => type switch
    {
        ElementType.F32 => 0f,
        ElementType.F16 => 0.00021f,
        ElementType.BF16 => 0.0017f,
        ElementType.Q4_0 => LimitOf<BlockQ4_0>(),
        ElementType.Q4_1 => LimitOf<BlockQ4_1>(),
        ElementType.Q5_0 => LimitOf<BlockQ5_0>(),
        ElementType.Q5_1 => LimitOf<BlockQ5_1>(),
        ElementType.Q8_0 => LimitOf<BlockQ8_0>(),
        ElementType.Q4_K => LimitOf<BlockQ4_K>(),
        ElementType.Q5_K => LimitOf<BlockQ5_K>(),
        ElementType.Q6_K => LimitOf<BlockQ6_K>(),
        _ => throw CannotWrite(type),
    };

    /// <summary>Encodes whole blocks.</summary>
    /// <param name="type">Element type to write; see <see cref="CanQuantize"/>.</param>
    /// <param name="source">Values, a whole number of blocks.</param>
    /// <param name="destination">Receives exactly the bytes of those blocks. May not overlap the source.</param>
    /// <exception cref="NotSupportedException">The type cannot be written.</exception>
    /// <exception cref="ArgumentException">The source is not whole blocks, or the destination does not fit it.</exception>
    /// <exception cref="QuantizationException">A value is not finite or beyond the range of the format. Nothing was written.</exception>
    public static void Quantize(ElementType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        if (!CanQuantize(type)) throw CannotWrite(type);

        long bytes = type.ByteSize(source.Length);
        if (destination.Length != bytes)
        {
            throw new ArgumentException(
                $"{source.Length} values take {bytes} bytes as {type.Name()}, the destination has {destination.Length}. Pass exactly {bytes}.",
                nameof(destination));
        }

        switch (type)
        {
            case ElementType.F32:
                CheckValues(type, source, float.MaxValue);
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case ElementType.F16:
                CheckValues(type, source, MaxRoundedToHalf);
                PlainNumbers.EncodeF16(source, destination);
                break;
            case ElementType.BF16:
                CheckValues(type, source, MaxRoundedToBF16);
                PlainNumbers.EncodeBF16(source, destination);
                break;
            case ElementType.Q4_0: EncodeBlocks<BlockQ4_0>(source, destination); break;
            case ElementType.Q4_1: EncodeBlocks<BlockQ4_1>(source, destination); break;
            case ElementType.Q5_0: EncodeBlocks<BlockQ5_0>(source, destination); break;
            case ElementType.Q5_1: EncodeBlocks<BlockQ5_1>(source, destination); break;
            case ElementType.Q8_0: EncodeBlocks<BlockQ8_0>(source, destination); break;
            case ElementType.Q4_K: EncodeBlocks<BlockQ4_K>(source, destination); break;
            case ElementType.Q5_K: EncodeBlocks<BlockQ5_K>(source, destination); break;
            case ElementType.Q6_K: EncodeBlocks<BlockQ6_K>(source, destination); break;
        }
    }

    private static float LimitOf<TBlock>()
        where TBlock : unmanaged, IEncodableBlock<TBlock> => TBlock.RelativeErrorLimit;

    private static NotSupportedException CannotWrite(ElementType type)
    {
        string name = ElementTypes.IsKnown(type) ? type.Name() : $"Element type {(int)type}";
        return new NotSupportedException(
            $"{name} cannot be written. Choose one of {string.Join(", ", ElementTypes.All.Where(CanQuantize).Select(t => t.Name()))}.");
    }

    private static void EncodeBlocks<TBlock>(ReadOnlySpan<float> source, Span<byte> destination)
        where TBlock : unmanaged, IEncodableBlock<TBlock>
    {
        CheckValues(TBlock.Type, source, TBlock.MaxMagnitude);

        int length = TBlock.Type.BlockLength(), bytes = Unsafe.SizeOf<TBlock>();
        for (int i = 0; i < source.Length / length; i++)
        {
            TBlock.Encode(source.Slice(i * length, length), out TBlock block);
            MemoryMarshal.Write(destination.Slice(i * bytes, bytes), in block);
        }
    }

    private static void CheckValues(ElementType type, ReadOnlySpan<float> source, float limit)
    {
        // A NaN fails every comparison, so "all at most the limit" also means finite.
        Vector256<float> limits = Vector256.Create(limit);
        int i = 0;
        for (; i <= source.Length - 8; i += 8)
        {
            if (!Vector256.LessThanOrEqualAll(Vector256.Abs(Vector256.Create(source[i..])), limits)) break;
        }

        for (; i < source.Length; i++)
        {
            if (!(MathF.Abs(source[i]) <= limit)) throw new QuantizationException(type, i, source[i], limit);
        }
    }
}
