using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Backend.Tests.Ops;

/// <summary>Geometry, mask and cache type of an attention test.</summary>
public sealed record AttentionCase(int HeadDim, int Group, int PageTokens, int ChunkSize, ElementType Type)
{
    private static readonly int[] PageSizes = [1, 3, 16, 64, 48], ChunkSizes = [0, 5, 64, 100];
    private static readonly ElementType[] Types = [ElementType.F32, ElementType.F16, ElementType.Q8_0, ElementType.Q4_0];

    /// <summary>Every head dimension with every group and type, and every page size with every chunk size and type.</summary>
    public static IReadOnlyList<AttentionCase> All { get; } = [.. Enumerate()];

    internal KvLayout Layout(int nKvHeads) => new(2, nKvHeads, HeadDim, Type, PageTokens);

    internal AttentionSpec Spec(int nKvHeads) => new(nKvHeads * Group, nKvHeads, HeadDim, (float)(1 / Math.Sqrt(HeadDim)), ChunkSize);

    private static IEnumerable<AttentionCase> Enumerate()
    {
        int n = 0;
        foreach (int headDim in (int[])[5, 32, 48, 64, 80, 128])
        {
            foreach (int group in (int[])[1, 2, 4, 5, 8])
            {
                foreach (ElementType type in Types)
                {
                    n++;
                    if (headDim % type.BlockLength() == 0)
                        yield return new AttentionCase(headDim, group, PageSizes[n % PageSizes.Length], ChunkSizes[n / 2 % ChunkSizes.Length], type);
                }
            }
        }

        foreach (int pageTokens in PageSizes)
        {
            foreach (int chunk in ChunkSizes)
            {
                foreach (ElementType type in Types) yield return new AttentionCase(32, 3, pageTokens, chunk, type);
            }
        }
    }
}
