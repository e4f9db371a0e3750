namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ5_0 : IEncodableBlock<BlockQ5_0>
{
    /// <remarks>Fifteen levels on the shorter side, each at most the largest half.</remarks>
    static float IEncodableBlock<BlockQ5_0>.MaxMagnitude => 15 * HalfScale.Max;

    static float IEncodableBlock<BlockQ5_0>.RelativeErrorLimit => 0.0403f;

    static void IEncodableBlock<BlockQ5_0>.Encode(ReadOnlySpan<float> x, out BlockQ5_0 block)
    {
        block = default;
        block.Scale = HalfScale.Round(SymmetricSearch.FindScale(x, 16, SymmetricSearch.Offsets5Bit));

        Span<byte> codes = stackalloc byte[32];
        SymmetricSearch.Assign(x, (float)block.Scale, 16, codes);
        for (int i = 0; i < 16; i++) block.Quants[i] = (byte)((codes[i] & 15) | ((codes[i + 16] & 15) << 4));
        for (int e = 0; e < 32; e++) block.HighBits |= (uint)(codes[e] >> 4) << e;
    }
}
