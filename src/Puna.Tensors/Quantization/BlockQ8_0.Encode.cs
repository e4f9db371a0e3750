namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ8_0 : IEncodableBlock<BlockQ8_0>
{
    /// <remarks>127 levels of at most the largest half.</remarks>
    static float IEncodableBlock<BlockQ8_0>.MaxMagnitude => 127 * HalfScale.Max;

    static float IEncodableBlock<BlockQ8_0>.RelativeErrorLimit => 0.0054f;

    static void IEncodableBlock<BlockQ8_0>.Encode(ReadOnlySpan<float> x, out BlockQ8_0 block)
    {
        // No search: with 255 levels the range itself is the right scale. Quants are chosen for the scale as stored, so that
        // every value is within half a step of it.
        float max = 0f;
        foreach (float value in x) max = Math.Max(max, MathF.Abs(value));

        block = default;
        block.Scale = HalfScale.Round(max / 127f);
        float inverse = SymmetricSearch.Inverse((float)block.Scale);
        for (int e = 0; e < 32; e++) block.Quants[e] = (sbyte)Math.Clamp(MathF.Round(x[e] * inverse), -127f, 127f);
    }
}
