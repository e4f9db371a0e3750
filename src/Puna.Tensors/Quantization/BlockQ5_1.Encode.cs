namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ5_1 : IEncodableBlock<BlockQ5_1>
{
    /// <remarks>The offset itself is a half.</remarks>
    static float IEncodableBlock<BlockQ5_1>.MaxMagnitude => HalfScale.Max;

    static float IEncodableBlock<BlockQ5_1>.RelativeErrorLimit => 0.0338f;

    static void IEncodableBlock<BlockQ5_1>.Encode(ReadOnlySpan<float> x, out BlockQ5_1 block)
    {
        block = default;
        (float scale, float offset) = AffineSearch.Find(x, 32, offsetAtMostZero: false, AffineSearch.Margins5Bit);
        block.Scale = HalfScale.Round(scale);
        block.Offset = (Half)Math.Clamp(offset, -HalfScale.Max, HalfScale.Max);

        Span<byte> codes = stackalloc byte[32];
        AffineSearch.Assign(x, (float)block.Scale, (float)block.Offset, 32, codes);
        for (int i = 0; i < 16; i++) block.Quants[i] = (byte)((codes[i] & 15) | ((codes[i + 16] & 15) << 4));
        for (int e = 0; e < 32; e++) block.HighBits |= (uint)(codes[e] >> 4) << e;
    }
}
