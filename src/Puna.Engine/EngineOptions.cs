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

    /// <summary>
    /// Speculative decoding without a second model: guess that a text goes on as it did where its latest tokens stood before, prompt
    /// included. Answers stay the same, to the bit.
    /// </summary>
    public bool PromptLookup { get; init; }

    /// <summary>Most tokens of a guess, by <see cref="PromptLookup"/> or a draft model: 1 to <see cref="MaxDraftTokens"/>. Sequences that are computed side by side share them.</summary>
    public int DraftTokens { get; init; } = 8;

    /// <summary>Most that <see cref="DraftTokens"/> can be.</summary>
    public const int MaxDraftTokens = 64;

    internal KvCacheOptions CacheOptions => new() { Type = KvType, MaxSequences = MaxSequences + RetainedSequences, MemoryLimit = KvMemoryLimit };
}
