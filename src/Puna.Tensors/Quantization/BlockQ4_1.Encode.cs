namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ4_1 : IEncodableBlock<BlockQ4_1>
{
    /// <remarks>The offset itself is a half.</remarks>
    static float IEncodableBlock<BlockQ4_1>.MaxMagnitude => HalfScale.Max;

    static float IEncodableBlock<BlockQ4_1>.RelativeErrorLimit => 0.0700f;

    static void IEncodableBlock<BlockQ4_1>.Encode(ReadOnlySpan<float> x, out BlockQ4_1 block)
    {
        block = default;
        (float scale, float offset) = AffineSearch.Find(x, 16, offsetAtMostZero: false, AffineSearch.Margins4Bit);
        block.Scale = HalfScale.Round(scale);
        block.Offset = (Half)Math.Clamp(offset, -HalfScale.Max, HalfScale.Max);

        Span<byte> codes = stackalloc byte[32];
        AffineSearch.Assign(x, (float)block.Scale, (float)block.Offset, 16, codes);
        for (int i = 0; i < 16; i++) block.Quants[i] = (byte)(codes[i] | (codes[i + 16] << 4));
    }
}
