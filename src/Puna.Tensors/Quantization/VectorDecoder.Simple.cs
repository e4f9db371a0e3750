using System.Runtime.Intrinsics;

namespace Puna.Tensors.Quantization;

/// <summary>Vector decoders of the formats with blocks of 32.</summary>
internal static unsafe partial class VectorDecoder
{
    private static void Decode(BlockQ4_0* b, int n, float* x)
    {
        Vector128<sbyte> center = Vector128.Create((sbyte)8);
        for (; n > 0; n--, b++, x += 32)
        {
            float d = (float)b->Scale;
            Vector128<byte> pairs = Vector128.Load(b->Quants);
            Store(LowNibbles(pairs).AsSByte() - center, d, x);
            Store(HighNibbles(pairs).AsSByte() - center, d, x + 16);
        }
    }

    private static void Decode(BlockQ4_1* b, int n, float* x)
    {
        for (; n > 0; n--, b++, x += 32)
        {
            float d = (float)b->Scale, m = (float)b->Offset;
            Vector128<byte> pairs = Vector128.Load(b->Quants);
            Store(LowNibbles(pairs).AsSByte(), d, m, x);
            Store(HighNibbles(pairs).AsSByte(), d, m, x + 16);
        }
    }

    private static void Decode(BlockQ5_0* b, int n, float* x)
    {
        Vector128<sbyte> center = Vector128.Create((sbyte)16);
        for (; n > 0; n--, b++, x += 32)
        {
            float d = (float)b->Scale;
            Vector128<byte> pairs = Vector128.Load(b->Quants);
            Store((LowNibbles(pairs) | FifthBits(b->HighBits)).AsSByte() - center, d, x);
            Store((HighNibbles(pairs) | FifthBits(b->HighBits >> 16)).AsSByte() - center, d, x + 16);
        }
    }

    private static void Decode(BlockQ5_1* b, int n, float* x)
    {
        for (; n > 0; n--, b++, x += 32)
        {
            float d = (float)b->Scale, m = (float)b->Offset;
            Vector128<byte> pairs = Vector128.Load(b->Quants);
            Store((LowNibbles(pairs) | FifthBits(b->HighBits)).AsSByte(), d, m, x);
            Store((HighNibbles(pairs) | FifthBits(b->HighBits >> 16)).AsSByte(), d, m, x + 16);
        }
    }

    private static void Decode(BlockQ8_0* b, int n, float* x)
    {
        for (; n > 0; n--, b++, x += 32)
        {
            float d = (float)b->Scale;
            Store(Vector128.Load(b->Quants), d, x);
            Store(Vector128.Load(b->Quants + 16), d, x + 16);
        }
    }

    private static void Decode(BlockIQ4_NL* b, int n, float* x)
    {
        Vector128<sbyte> levels = Vector128.Create(Codebooks.NonLinear4);
        for (; n > 0; n--, b++, x += 32) StoreLookup(Vector128.Load(b->Quants), levels, (float)b->Scale, x);
    }

    private static void Decode(BlockMXFP4* b, int n, float* x)
    {
        Vector128<sbyte> levels = Vector128.Create(Codebooks.Fp4Doubled);
        for (; n > 0; n--, b++, x += 32) StoreLookup(Vector128.Load(b->Quants), levels, BlockMXFP4.ScaleOf(b->Exponent), x);
    }

    private static void Decode(BlockIQ4_XS* b, int n, float* x)
    {
        Vector128<sbyte> levels = Vector128.Create(Codebooks.NonLinear4);
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int j = 0; j < 8; j++, x += 32)
                StoreLookup(Vector128.Load(b->Quants + (16 * j)), levels, d * (BlockIQ4_XS.ScaleOf(in *b, j) - 32), x);
        }
    }

    /// <summary>32 elements whose nibbles choose among 16 levels: the table fits a register, one shuffle looks up 16.</summary>
    private static void StoreLookup(Vector128<byte> pairs, Vector128<sbyte> levels, float d, float* x)
    {
        Store(Vector128.Shuffle(levels, LowNibbles(pairs).AsSByte()), d, x);
        Store(Vector128.Shuffle(levels, HighNibbles(pairs).AsSByte()), d, x + 16);
    }
}
