namespace Puna.Tensors.Quantization;

public unsafe partial struct BlockQ4_K : IEncodableBlock<BlockQ4_K>
{
    /// <remarks>63 steps of the largest half are the largest sub-block minimum.</remarks>
    static float IEncodableBlock<BlockQ4_K>.MaxMagnitude => 63 * HalfScale.Max;

    static float IEncodableBlock<BlockQ4_K>.RelativeErrorLimit => 0.0701f;

    static void IEncodableBlock<BlockQ4_K>.Encode(ReadOnlySpan<float> x, out BlockQ4_K block)
    {
        block = default;
        Span<byte> scales = stackalloc byte[8], mins = stackalloc byte[8], codes = stackalloc byte[256];
        (block.Scale, block.MinScale) = AffineSuperBlock.Encode(x, 16, AffineSearch.Margins4Bit, scales, mins, codes);

        fixed (byte* packed = block.Scales) PackedScales.Write(new Span<byte>(packed, 12), scales, mins);
        for (int i = 0; i < 128; i++)
        {
            int e = (64 * (i / 32)) + (i % 32);
            block.Quants[i] = (byte)(codes[e] | (codes[e + 32] << 4));
        }
    }
}
