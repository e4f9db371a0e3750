using System.Runtime.Intrinsics;

namespace Puna.Tensors.Quantization;

/// <summary>Vector decoders of the formats with super-blocks of 256 and linear quants.</summary>
internal static unsafe partial class VectorDecoder
{
    private static void Decode(BlockQ2_K* b, int n, float* x)
    {
        Vector128<byte> two = Vector128.Create((byte)3);
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale, dMin = (float)b->MinScale;
            for (int s = 0; s < 16; s++, x += 16) // sub-block s: half s / 8, bit pair s % 8 / 2, 16 bytes s % 2
            {
                Vector128<byte> packed = Vector128.Load(b->Quants + (32 * (s / 8)) + (16 * (s % 2)));
                Vector128<byte> q = (packed >> (s % 8 / 2 * 2)) & two;
                Store(q.AsSByte(), d * (b->Scales[s] & 15), -(dMin * (b->Scales[s] >> 4)), x);
            }
        }
    }

    private static void Decode(BlockQ3_K* b, int n, float* x)
    {
        Vector128<byte> two = Vector128.Create((byte)3), one = Vector128<byte>.One;
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int s = 0; s < 16; s++, x += 16)
            {
                Vector128<byte> packed = Vector128.Load(b->Quants + (32 * (s / 8)) + (16 * (s % 2)));
                Vector128<byte> high = (Vector128.Load(b->HighMask + (16 * (s % 2))) >> (s / 2)) & one;
                Vector128<byte> q = ((packed >> (s % 8 / 2 * 2)) & two) + (high << 2) - Vector128.Create((byte)4);
                Store(q.AsSByte(), d * (BlockQ3_K.ScaleOf(in *b, s) - 32), x);
            }
        }
    }

    private static void Decode(BlockQ4_K* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale, dMin = (float)b->MinScale;
            for (int g = 0; g < 4; g++, x += 64)
            {
                Vector128<byte> first = Vector128.Load(b->Quants + (32 * g)), second = Vector128.Load(b->Quants + (32 * g) + 16);

                (int scale, int min) = PackedScales.Read(in b->Scales[0], 2 * g);
                float dl = d * scale, m = -(dMin * min);
                Store(LowNibbles(first).AsSByte(), dl, m, x);
                Store(LowNibbles(second).AsSByte(), dl, m, x + 16);

                (scale, min) = PackedScales.Read(in b->Scales[0], (2 * g) + 1);
                (dl, m) = (d * scale, -(dMin * min));
                Store(HighNibbles(first).AsSByte(), dl, m, x + 32);
                Store(HighNibbles(second).AsSByte(), dl, m, x + 48);
            }
        }
    }

    private static void Decode(BlockQ5_K* b, int n, float* x)
    {
        Vector128<byte> one = Vector128<byte>.One;
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale, dMin = (float)b->MinScale;
            for (int j = 0; j < 8; j++)
            {
                (int scale, int min) = PackedScales.Read(in b->Scales[0], j);
                float dl = d * scale, m = -(dMin * min);
                for (int h = 0; h < 32; h += 16, x += 16)
                {
                    Vector128<byte> pairs = Vector128.Load(b->Quants + (32 * (j / 2)) + h);
                    Vector128<byte> low = j % 2 == 0 ? LowNibbles(pairs) : HighNibbles(pairs);
                    Vector128<byte> high = ((Vector128.Load(b->HighBits + h) >> j) & one) << 4;
                    Store((low | high).AsSByte(), dl, m, x);
                }
            }
        }
    }

    private static void Decode(BlockQ6_K* b, int n, float* x)
    {
        Vector128<byte> two = Vector128.Create((byte)3), center = Vector128.Create((byte)32);
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int s = 0; s < 16; s++, x += 16) // sub-block s: half s / 8, quarter k = s % 8 / 2, 16 bytes s % 2
            {
                int k = s % 8 / 2;
                Vector128<byte> pairs = Vector128.Load(b->LowBits + (64 * (s / 8)) + (32 * (k % 2)) + (16 * (s % 2)));
                Vector128<byte> low = k < 2 ? LowNibbles(pairs) : HighNibbles(pairs);
                Vector128<byte> high = (Vector128.Load(b->HighBits + (32 * (s / 8)) + (16 * (s % 2))) >> (2 * k)) & two;
                Store(((low | (high << 4)) - center).AsSByte(), d * b->Scales[s], x);
            }
        }
    }

    private static void Decode(BlockTQ2_0* b, int n, float* x)
    {
        Vector128<byte> two = Vector128.Create((byte)3), one = Vector128<byte>.One;
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int s = 0; s < 16; s++, x += 16)
            {
                Vector128<byte> packed = Vector128.Load(b->Quants + (32 * (s / 8)) + (16 * (s % 2)));
                Store((((packed >> (s % 8 / 2 * 2)) & two) - one).AsSByte(), d, x);
            }
        }
    }
}
