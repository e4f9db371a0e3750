using System.Runtime.CompilerServices;

namespace Puna.Tensors.Quantization;

/// <summary>The twelve bytes in which Q4_K and Q5_K store eight 6-bit scales and eight 6-bit minima.</summary>
/// <remarks>
/// With S the bytes: sub-block j below 4 has scale <c>S[j] &amp; 63</c> and minimum <c>S[j + 4] &amp; 63</c>; sub-block j from 4
/// has its low nibbles in <c>S[j + 4]</c> (scale low, minimum high) and its upper two bits above those of sub-block j - 4.
/// </remarks>
public static class PackedScales
{
    /// <summary>Scale and minimum of sub-block <paramref name="j"/>, each 0 to 63.</summary>
    /// <param name="first">First of the twelve bytes.</param>
    /// <param name="j">Sub-block, 0 to 7.</param>
    public static (int Scale, int Min) Read(ref readonly byte first, int j)
    {
        ref byte s = ref Unsafe.AsRef(in first);
        if (j < 4) return (Unsafe.Add(ref s, j) & 63, Unsafe.Add(ref s, j + 4) & 63);

        int low = Unsafe.Add(ref s, j + 4);
        return ((low & 15) | ((Unsafe.Add(ref s, j - 4) >> 6) << 4), (low >> 4) | ((Unsafe.Add(ref s, j) >> 6) << 4));
    }

    /// <summary>Packs eight scales and minima, each 0 to 63.</summary>
    /// <param name="packed">Receives the twelve bytes.</param>
    /// <param name="scales">Scales, [8].</param>
    /// <param name="mins">Minima, [8].</param>
    public static void Write(Span<byte> packed, ReadOnlySpan<byte> scales, ReadOnlySpan<byte> mins)
    {
        for (int j = 0; j < 4; j++)
        {
            packed[j] = (byte)(scales[j] | ((scales[j + 4] >> 4) << 6));
            packed[j + 4] = (byte)(mins[j] | ((mins[j + 4] >> 4) << 6));
            packed[j + 8] = (byte)((scales[j + 4] & 15) | ((mins[j + 4] & 15) << 4));
        }
    }
}
