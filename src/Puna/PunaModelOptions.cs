using Puna.Compute.Cpu;
using Puna.Engine;
using Puna.Tensors;

namespace Puna;

/// <summary>Where a model computes.</summary>
public enum BackendKind
{
    /// <summary>All cores, vector instructions.</summary>
    Cpu,

    /// <summary>One thread, plain arithmetic in double precision: slow, for checking the others.</summary>
    Reference,
}

/// <summary>How a model is loaded and served in process.</summary>
public sealed record PunaModelOptions
{
    /// <summary>Where it computes.</summary>
    public BackendKind Backend { get; init; } = BackendKind.Cpu;

    /// <summary>Threads of the CPU backend; null for one per core that the process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>The most that the CPU backend may use of the processor; null for all of it. Results do not depend on it.</summary>
    public CpuLevel? CpuLevel { get; init; }

    /// <summary>Most tokens of a conversation; null for what the model was made for, at most 32,768.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Element type of the KV cache: F32, F16, Q8_0 or Q4_0.</summary>
    public ElementType KvType { get; init; } = ElementType.F16;

    /// <summary>Most bytes of KV cache; null for no limit.</summary>
    public long? KvMemoryLimit { get; init; }

    /// <summary>Requests computed in the same step; others wait in line.</summary>
    public int MaxSequences { get; init; } = 8;

    /// <summary>
    /// Finished requests whose cache is kept, so that a prompt that begins with the same tokens (the next turn of a chat)
    /// computes only what is new.
    /// </summary>
    public int RetainedSequences { get; init; } = 2;

    /// <summary>
    /// Speculative decoding by a smaller model: a GGUF file or safetensors directory with the same vocabulary, whose guesses this model checks, several
    /// tokens in one step. Answers stay the same, to the bit. Null for none.
    /// </summary>
    public string? DraftModel { get; init; }

    /// <summary>
    /// Speculative decoding without a second model: guess that a text goes on as it did where its latest tokens stood before, prompt included. Pays where
    /// answers copy from what they are given. Answers stay the same, to the bit.
    /// </summary>
    public bool PromptLookup { get; init; }

    /// <summary>Most tokens of a guess, 1 to <see cref="EngineOptions.MaxDraftTokens"/>; fewer for texts whose guesses turn out wrong, and where requests are computed side by side.</summary>
    public int DraftTokens { get; init; } = new EngineOptions().DraftTokens;

    /// <summary>
    /// Use Meta's RoPE factors in place of those that Scout files converted in its first days carry. Other files are not
    /// changed.
    /// </summary>
    public bool CorrectEarlyScoutRope { get; init; }

    /// <summary>Chat template (Jinja) to use in place of the file's own, or null.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Limit of a conversation where none is asked for: models that claim millions of tokens need more memory for them than most machines have.</summary>
    internal const int DefaultContextLength = 32_768;

    internal EngineOptions ForEngine(int modelContextLength) => new()
    {
        ContextLength = ContextLength ?? Math.Min(modelContextLength, DefaultContextLength),
        KvType = KvType,
        KvMemoryLimit = KvMemoryLimit,
        MaxSequences = MaxSequences,
        RetainedSequences = RetainedSequences,
        PromptLookup = PromptLookup,
        DraftTokens = DraftTokens,
    };
}
