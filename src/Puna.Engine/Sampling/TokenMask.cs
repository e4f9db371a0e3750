using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Engine.Sampling;

/// <summary>A set of allowed token ids as bits: id i is bit i % 64 of word i / 64.</summary>
internal static class TokenMask
{
    private const int WordBits = 64;

    /// <summary>Words of a mask over a vocabulary.</summary>
    public static int WordCount(int vocabSize) => (vocabSize + WordBits - 1) / WordBits;

    /// <summary>Sets the logits of tokens that are not allowed to negative infinity.</summary>
    public static void Apply(Span<float> logits, ReadOnlySpan<ulong> allowed)
    {
        for (int word = 0; word < allowed.Length; word++)
        {
            ulong bits = allowed[word];
            if (bits == ulong.MaxValue) continue;

            int first = word * WordBits;
            Span<float> block = logits[first..Math.Min(first + WordBits, logits.Length)];
            if (bits == 0)
            {
                block.Fill(float.NegativeInfinity);
            }
            else if (block.Length == WordBits)
            {
                ApplyWord(block, bits);
            }
            else
            {
                for (int i = 0; i < block.Length; i++)
                {
                    if ((bits >> i & 1) == 0) block[i] = float.NegativeInfinity;
                }
            }
        }
    }

    private static void ApplyWord(Span<float> block, ulong bits)
    {
        ref float row = ref MemoryMarshal.GetReference(block);
        Vector256<int> lane = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        Vector256<float> banned = Vector256.Create(float.NegativeInfinity);
        for (int i = 0; i < WordBits; i += Vector256<float>.Count)
        {
            // Every lane looks at its own bit of the next eight.
            Vector256<int> allowed = Vector256.Equals(Vector256.Create((int)(bits >> i & 0xFF)) & lane, lane);
            Vector256.ConditionalSelect(allowed.AsSingle(), Vector256.LoadUnsafe(ref row, (nuint)i), banned).StoreUnsafe(ref row, (nuint)i);
        }
    }
}
