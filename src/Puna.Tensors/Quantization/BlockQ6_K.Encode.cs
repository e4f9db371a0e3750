namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ6_K : IEncodableBlock<BlockQ6_K>
{
    /// <remarks>31 levels of 127 steps of the largest half.</remarks>
    static float IEncodableBlock<BlockQ6_K>.MaxMagnitude => 31f * 127f * HalfScale.Max;

    static float IEncodableBlock<BlockQ6_K>.RelativeErrorLimit => 0.0170f;

    static void IEncodableBlock<BlockQ6_K>.Encode(ReadOnlySpan<float> x, out BlockQ6_K block)
    {
        block = default;
        Span<sbyte> scales = stackalloc sbyte[16];
        block.Scale = SymmetricSuperBlock.Encode(x, 32, SymmetricSearch.Offsets6Bit, scales);

        Span<byte> codes = stackalloc byte[16];
        for (int s = 0; s < 16; s++) // sub-block s: half s / 8, quarter s % 8 / 2, 16 elements s % 2
        {
            block.Scales[s] = scales[s];
            SymmetricSearch.Assign(x.Slice(16 * s, 16), (float)block.Scale * scales[s], 32, codes);

            int quarter = s % 8 / 2, low = (64 * (s / 8)) + (32 * (quarter % 2)) + (16 * (s % 2)), high = (32 * (s / 8)) + (16 * (s % 2));
            for (int i = 0; i < 16; i++)
            {
                block.LowBits[low + i] |= (byte)((codes[i] & 15) << (quarter < 2 ? 0 : 4));
                block.HighBits[high + i] |= (byte)((codes[i] >> 4) << (2 * quarter));
            }
        }
    }
}
