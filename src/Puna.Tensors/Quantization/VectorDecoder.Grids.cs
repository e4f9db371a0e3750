using System.Runtime.Intrinsics;

namespace Puna.Tensors.Quantization;

/// <summary>Vector decoders of the formats that choose groups of 8 or 4 from a codebook.</summary>
internal static unsafe partial class VectorDecoder
{
    private static void Decode(BlockIQ2_XXS* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int j = 0; j < 8; j++, x += 32)
            {
                uint indices = *(uint*)(b->Groups + (8 * j)), signs = *(uint*)(b->Groups + (8 * j) + 4);
                float scale = d * (0.5f + (signs >> 28)) * 0.25f;
                StoreGroups(
                    Codebooks.Grid2XXS[(int)(indices & 255)], Codebooks.Grid2XXS[(int)((indices >> 8) & 255)],
                    Codebooks.EvenSigns((int)(signs & 127)), Codebooks.EvenSigns((int)((signs >> 7) & 127)), scale, x);
                StoreGroups(
                    Codebooks.Grid2XXS[(int)((indices >> 16) & 255)], Codebooks.Grid2XXS[(int)(indices >> 24)],
                    Codebooks.EvenSigns((int)((signs >> 14) & 127)), Codebooks.EvenSigns((int)((signs >> 21) & 127)), scale, x + 16);
            }
        }
    }

    private static void Decode(BlockIQ2_XS* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int s = 0; s < 16; s++, x += 16)
            {
                int sc = (b->Scales[s / 2] >> (4 * (s % 2))) & 15;
                int g0 = b->Groups[2 * s], g1 = b->Groups[(2 * s) + 1];
                StoreGroups(
                    Codebooks.Grid2XS[g0 & 511], Codebooks.Grid2XS[g1 & 511],
                    Codebooks.EvenSigns(g0 >> 9), Codebooks.EvenSigns(g1 >> 9), d * (0.5f + sc) * 0.25f, x);
            }
        }
    }

    private static void Decode(BlockIQ2_S* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int s = 0; s < 16; s++, x += 16)
            {
                int sc = (b->Scales[s / 2] >> (4 * (s % 2))) & 15;
                int high = b->HighBits[s / 2] >> (4 * (s % 2));
                StoreGroups(
                    Codebooks.Grid2S[b->Indices[2 * s] | ((high & 3) << 8)],
                    Codebooks.Grid2S[b->Indices[(2 * s) + 1] | (((high >> 2) & 3) << 8)],
                    b->Signs[2 * s], b->Signs[(2 * s) + 1], d * (0.5f + sc) * 0.25f, x);
            }
        }
    }

    private static void Decode(BlockIQ3_XXS* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int s = 0; s < 16; s++, x += 16)
            {
                uint word = *(uint*)(b->SignsAndScales + (4 * (s / 2)));
                uint signs = word >> (14 * (s % 2));
                byte* i = b->Indices + (4 * s);
                StoreGroups(
                    Pair(Codebooks.Grid3XXS[i[0]], Codebooks.Grid3XXS[i[1]]),
                    Pair(Codebooks.Grid3XXS[i[2]], Codebooks.Grid3XXS[i[3]]),
                    Codebooks.EvenSigns((int)(signs & 127)), Codebooks.EvenSigns((int)((signs >> 7) & 127)),
                    d * (0.5f + (word >> 28)) * 0.5f, x);
            }
        }
    }

    private static void Decode(BlockIQ3_S* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int s = 0; s < 16; s++, x += 16)
            {
                int j = s / 2;
                int sc = (b->Scales[j / 2] >> (4 * (j % 2))) & 15;
                int high = b->HighBits[j] >> (4 * (s % 2));
                byte* i = b->Indices + (4 * s);
                StoreGroups(
                    Pair(Codebooks.Grid3S[i[0] | ((high & 1) << 8)], Codebooks.Grid3S[i[1] | ((high & 2) << 7)]),
                    Pair(Codebooks.Grid3S[i[2] | ((high & 4) << 6)], Codebooks.Grid3S[i[3] | ((high & 8) << 5)]),
                    b->Signs[2 * s], b->Signs[(2 * s) + 1], d * (1 + (2 * sc)), x);
            }
        }
    }

    private static void Decode(BlockIQ1_S* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)b->Scale;
            for (int g = 0; g < 32; g++, x += 8)
            {
                int high = b->HighBits[g / 4];
                float scale = d * ((2 * ((high >> 12) & 7)) + 1);
                int index = b->Indices[g] | (((high >> (3 * (g % 4))) & 7) << 8);
                StoreTernary(Codebooks.Grid1[index], (high & 0x8000) != 0 ? -0.125f : 0.125f, scale, x);
            }
        }
    }

    private static void Decode(BlockIQ1_M* b, int n, float* x)
    {
        for (; n > 0; n--, b++)
        {
            float d = (float)BlockIQ1_M.ScaleOf(in *b);
            for (int g = 0; g < 32; g++, x += 8)
            {
                int sc = (b->Scales[g / 8] >> (3 * (g % 8 / 2))) & 7;
                int high = (b->HighBits[g / 2] >> (4 * (g % 2))) & 15;
                int index = b->Indices[g] | ((high & 7) << 8);
                StoreTernary(Codebooks.Grid1[index], (high & 8) != 0 ? -0.125f : 0.125f, d * ((2 * sc) + 1), x);
            }
        }
    }

    private static ulong Pair(uint first, uint second) => first | ((ulong)second << 32);

    /// <summary>Two groups of 8 with one scale; a sign mask byte m of 0xFF negates by (q ^ m) - m.</summary>
    private static void StoreGroups(ulong grid0, ulong grid1, byte signs0, byte signs1, float scale, float* x)
    {
        Vector128<sbyte> q = Vector128.Create(grid0, grid1).AsSByte();
        Vector128<sbyte> m = Vector128.Create(Codebooks.SignMasks[signs0], Codebooks.SignMasks[signs1]).AsSByte();
        Store((q ^ m) - m, scale, x);
    }

    private static void StoreTernary(ulong grid, float delta, float scale, float* x)
    {
        Vector256<float> q = ToFloat(Vector128.WidenLower(Vector128.CreateScalarUnsafe(grid).AsSByte()));
        (Vector256.Create(scale) * (q + Vector256.Create(delta))).Store(x);
    }
}
