using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Engine;

/// <summary>Limits of an <see cref="InferenceEngine"/>.</summary>
public sealed record EngineOptions
{
    /// <summary>Sequences that are computed in the same step; further requests wait in line.</summary>
    public int MaxSequences { get; init; } = 8;

    /// <summary>Most rows of a step: one for every decoding sequence, the rest for prompts.</summary>
    public int BatchTokens { get; init; } = 512;

    /// <summary>Most tokens of a sequence, prompt included; null for the model's own limit.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Element type of the KV cache.</summary>
    public ElementType KvType { get; init; } = ElementType.F16;

    /// <summary>Most bytes of KV cache; null for no limit.</summary>
    public long? KvMemoryLimit { get; init; }

    /// <summary>
    /// Finished sequences whose cache is kept, so that a request that begins with the same tokens (the next turn of a
    /// chat) computes only what is new.
    /// </summary>
    public int RetainedSequences { get; init; } = 2;

    internal KvCacheOptions CacheOptions => new() { Type = KvType, MaxSequences = MaxSequences + RetainedSequences, MemoryLimit = KvMemoryLimit };
}
