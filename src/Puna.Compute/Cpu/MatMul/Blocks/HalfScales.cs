using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>Gathers a half-precision number of each of eight weight rows and widens them exactly.</summary>
internal static unsafe class HalfScales
{
    /// <summary>The numbers at byte <paramref name="offset"/> of each row.</summary>
    /// <remarks>
    /// Exponent and fraction are moved to their places in a float and multiplied by 2^112, the difference of the exponent
    /// biases, which is exact also for subnormals; infinity and NaN then get the exponent of all ones.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Gather(byte** rows, long offset)
    {
        Vector128<ushort> halfs = Vector128.Create(
            *(ushort*)(rows[0] + offset), *(ushort*)(rows[1] + offset), *(ushort*)(rows[2] + offset), *(ushort*)(rows[3] + offset),
            *(ushort*)(rows[4] + offset), *(ushort*)(rows[5] + offset), *(ushort*)(rows[6] + offset), *(ushort*)(rows[7] + offset));
        Vector256<int> half = Vector256.WidenLower(halfs.ToVector256Unsafe()).AsInt32();
        Vector256<int> magnitude = (half & Vector256.Create(0x7fff)) << 13;
        Vector256<int> bits = (magnitude.AsSingle() * BitConverter.Int32BitsToSingle((127 + 112) << 23)).AsInt32();
        bits |= Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7c00 << 13)) & Vector256.Create(0x7f80_0000);
        return (bits | ((half & Vector256.Create(0x8000)) << 16)).AsSingle();
    }
}
