namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ4_0 : IEncodableBlock<BlockQ4_0>
{
    /// <remarks>Seven levels on the shorter side, each at most the largest half.</remarks>
    static float IEncodableBlock<BlockQ4_0>.MaxMagnitude => 7 * HalfScale.Max;

    static float IEncodableBlock<BlockQ4_0>.RelativeErrorLimit => 0.0815f;

    static void IEncodableBlock<BlockQ4_0>.Encode(ReadOnlySpan<float> x, out BlockQ4_0 block)
    {
        block = default;
        block.Scale = HalfScale.Round(SymmetricSearch.FindScale(x, 8, SymmetricSearch.Offsets4Bit));

        Span<byte> codes = stackalloc byte[32];
        SymmetricSearch.Assign(x, (float)block.Scale, 8, codes);
        for (int i = 0; i < 16; i++) block.Quants[i] = (byte)(codes[i] | (codes[i + 16] << 4));
    }
}
