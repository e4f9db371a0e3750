using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Models.Cache;

/// <summary>How a cache stores keys and values, and how much of them.</summary>
public sealed record KvCacheOptions
{
    /// <summary>F32, F16, Q8_0 or Q4_0.</summary>
    public ElementType Type { get; init; } = ElementType.F16;

    /// <summary>Positions in a page.</summary>
    public int PageTokens { get; init; } = KvLayout.DefaultPageTokens;

    /// <summary>Sequences that can be open at once.</summary>
    public int MaxSequences { get; init; } = 1;

    /// <summary>Most bytes of page memory to hold, used pages and free ones together; null for no limit.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>
    /// Positions that <see cref="KvCache.Truncate"/> can always take back: a finished chunk is kept until the sequence is
    /// that far past its end. Speculative decoding sets it to the length of a draft.
    /// </summary>
    public int KeepForRollback { get; init; }
}
