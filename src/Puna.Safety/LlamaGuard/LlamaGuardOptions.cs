namespace Puna.Safety.LlamaGuard;

/// <summary>How a guard model is loaded and judges.</summary>
public sealed record LlamaGuardOptions
{
    /// <summary>Generation of the model; null to tell it from the file's name.</summary>
    public LlamaGuardKind? Kind { get; init; }

    /// <summary>What the guard is asked: categories, form, and whether texts may imitate the prompt.</summary>
    public LlamaGuardPromptOptions Prompt { get; init; } = new();

    /// <summary>Probabilities from which on users' and assistants' words count as unsafe.</summary>
    public LlamaGuardThresholds Thresholds { get; init; } = new();

    /// <summary>Tokens of the messages that are shown to the guard: the judged one whole, earlier ones newest first as far as they fit.</summary>
    public int ConversationTokens { get; init; } = 6000;

    /// <summary>Least probability of "safe" and "unsafe" together; below it the answer counts as a failure, never as safe.</summary>
    public float MinMass { get; init; } = 0.9f;

    /// <summary>Threads; null for one per core that the process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>Beginnings of prompts (policies and conversations) whose cache is kept.</summary>
    public int CachedPrefixes { get; init; } = 4;

    /// <summary>Refuses what cannot be.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal void Check()
    {
        Thresholds.Check();
        if (!(MinMass >= 0 && MinMass <= 1)) throw new ArgumentException($"{nameof(MinMass)} is {MinMass}; 0 to 1 are possible.");
        if (ConversationTokens < 1) throw new ArgumentException($"{nameof(ConversationTokens)} is {ConversationTokens}; at least 1 is needed.");
        if (CachedPrefixes is < 1 or > 256) throw new ArgumentException($"{nameof(CachedPrefixes)} is {CachedPrefixes}; 1 to 256 are possible.");
    }
}
