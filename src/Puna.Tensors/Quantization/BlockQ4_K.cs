using System.Runtime.InteropServices;

namespace Puna.Tensors.Quantization;

/// <summary>Super-blocks of 256 unsigned 4-bit quants in 8 sub-blocks with 6-bit scale and minimum; 4.5 bits per weight.</summary>
/// <remarks>
/// <code>x[e] = d * sc[j] * q[e] - dmin * m[j]</code> with sub-block j = e / 32.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 144, Pack = 1)]
public unsafe partial struct BlockQ4_K : IQuantizedBlock<BlockQ4_K>
{
    /// <summary>Scale d of the sub-block scales.</summary>
    [FieldOffset(0)] public Half Scale;

    /// <summary>Scale dmin of the sub-block minima.</summary>
    [FieldOffset(2)] public Half MinScale;

    /// <summary>Eight 6-bit scales and minima; see <see cref="PackedScales"/>.</summary>
    [FieldOffset(4)] public fixed byte Scales[12];

    /// <summary>Nibbles: elements 64g + l and 64g + 32 + l share byte 32g + l.</summary>
    [FieldOffset(16)] public fixed byte Quants[128];

    /// <inheritdoc/>
    public static ElementType Type => ElementType.Q4_K;

    /// <inheritdoc/>
    public static void Decode(ref readonly BlockQ4_K block, Span<float> x)
    {
        float d = (float)block.Scale;
        float dMin = (float)block.MinScale;
        for (int j = 0; j < 8; j++)
        {
            (int scale, int min) = PackedScales.Read(in block.Scales[0], j);
            for (int l = 0; l < 32; l++)
            {
                byte pair = block.Quants[(32 * (j / 2)) + l];
                int q = j % 2 == 0 ? pair & 15 : pair >> 4;
                x[(32 * j) + l] = (d * scale * q) - (dMin * min);
            }
        }
    }
}
