namespace Puna.Safety.LlamaGuard;

/// <summary>What a guard model said about a message.</summary>
/// <param name="Unsafe">True when a threshold is reached.</param>
/// <param name="Probability">p(unsafe) / (p(safe) + p(unsafe)); 0.5 is where the model's own answer turns.</param>
/// <param name="Codes">Violated categories in the model's order; empty when safe.</param>
/// <param name="CategoryScores">Score by code: the probability for listed codes, times the share of the first code for others; empty where nothing was decoded.</param>
/// <param name="Mass">p(safe) + p(unsafe) among all tokens: low when the model did not understand the prompt.</param>
/// <param name="JudgesAgent">The assistant's message was judged, not a user's.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="ComputedTokens">Those that were not in the cache, and decoded ones.</param>
public sealed record LlamaGuardVerdict(
    bool Unsafe, float Probability, IReadOnlyList<string> Codes, IReadOnlyDictionary<string, float> CategoryScores, float Mass, bool JudgesAgent, int PromptTokens, int ComputedTokens);

/// <summary>From which probability on a message is unsafe.</summary>
public sealed record LlamaGuardThresholds
{
    /// <summary>For a user's messages.</summary>
    public float User { get; init; } = 0.5f;

    /// <summary>For the assistant's messages.</summary>
    public float Agent { get; init; } = 0.5f;

    /// <summary>By category code, in place of the two above.</summary>
    public IReadOnlyDictionary<string, float> Categories { get; init; } = new Dictionary<string, float>();

    internal float Of(bool agent, string code) => Categories.TryGetValue(code, out float own) ? own : agent ? Agent : User;

    /// <summary>Below this no category can be violated, so that none is asked for.</summary>
    internal float Lowest(bool agent, IEnumerable<string> codes) => codes.Min(code => Of(agent, code));

    /// <summary>Refuses what is no probability.</summary>
    /// <exception cref="ArgumentException">A threshold is outside 0 to 1.</exception>
    internal void Check()
    {
        foreach (float threshold in (IEnumerable<float>)[User, Agent, .. Categories.Values])
        {
            if (!(threshold >= 0 && threshold <= 1)) throw new ArgumentException($"A threshold is {threshold}; 0 to 1 are possible.");
        }
    }
}
