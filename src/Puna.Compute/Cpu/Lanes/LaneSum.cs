using System.Runtime.CompilerServices;

namespace Puna.Compute.Cpu.Lanes;

/// <summary>The one order in which kernels add up lanes: 16 partial sums, then a fixed tree.</summary>
internal static unsafe class LaneSum
{
    /// <summary>Partial sums, whatever the register width.</summary>
    public const int Lanes = 16;

    /// <summary>((s0 + s8) + (s4 + s12)) + …: halves are added until one is left.</summary>
    /// <param name="sums"><see cref="Lanes"/> floats; overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce(float* sums)
    {
        for (int half = Lanes / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++) sums[i] += sums[i + half];
        }

        return sums[0];
    }
}
