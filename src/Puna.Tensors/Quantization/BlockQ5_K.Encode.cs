namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ5_K : IEncodableBlock<BlockQ5_K>
{
    /// <remarks>63 steps of the largest half are the largest sub-block minimum.</remarks>
    static float IEncodableBlock<BlockQ5_K>.MaxMagnitude => 63 * HalfScale.Max;

    static float IEncodableBlock<BlockQ5_K>.RelativeErrorLimit => 0.0347f;

    static void IEncodableBlock<BlockQ5_K>.Encode(ReadOnlySpan<float> x, out BlockQ5_K block)
    {
        block = default;
        Span<byte> scales = stackalloc byte[8], mins = stackalloc byte[8], codes = stackalloc byte[256];
        (block.Scale, block.MinScale) = AffineSuperBlock.Encode(x, 32, AffineSearch.Margins5Bit, scales, mins, codes);

        fixed (byte* packed = block.Scales) PackedScales.Write(new Span<byte>(packed, 12), scales, mins);
        for (int i = 0; i < 128; i++)
        {
            int e = (64 * (i / 32)) + (i % 32);
            block.Quants[i] = (byte)((codes[e] & 15) | ((codes[e + 32] & 15) << 4));
        }

        for (int e = 0; e < 256; e++) block.HighBits[e % 32] |= (byte)((codes[e] >> 4) << (e / 32));
    }
}
