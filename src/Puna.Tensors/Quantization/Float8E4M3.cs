namespace Puna.Tensors.Quantization;

/// <summary>8-bit floats of the finite-only E4M3 format (E4M3FN): 1 sign, 4 exponent (bias 7) and 3 mantissa bits, largest 448.</summary>
/// <remarks>
/// <code>x = (-1)^S * 2^(E - 7) * (1 + M / 8)</code> and <code>x = (-1)^S * 2^-6 * M / 8</code> for E = 0. There are no
/// infinities; 0x7F and 0xFF are NaN. Source: "FP8 Formats for Deep Learning" (Micikevicius et al., 2022).
/// </remarks>
internal static class Float8E4M3
{
    private static readonly float[] Values = Expand();

    /// <summary>The value of every byte, [256].</summary>
    public static ReadOnlySpan<float> Table => Values;

    /// <summary>The value of one byte.</summary>
    public static float Decode(byte bits)
    {
        int exponent = (bits >> 3) & 15, mantissa = bits & 7;
        float magnitude = (exponent, mantissa) switch
        {
            (15, 7) => float.NaN,
            (0, _) => mantissa / 8f * MathF.ScaleB(1f, -6),
            _ => MathF.ScaleB(1f + (mantissa / 8f), exponent - 7),
        };
        return (bits & 0x80) != 0 ? -magnitude : magnitude;
    }

    private static float[] Expand()
    {
        float[] values = new float[256];
        for (int bits = 0; bits < 256; bits++) values[bits] = Decode((byte)bits);
        return values;
    }
}
