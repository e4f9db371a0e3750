namespace Puna.Engine.Sampling;

/// <summary>
/// DRY ("don't repeat yourself"): if the last n tokens already occurred and were then followed by token t, the logit of t
/// is lowered by <c>Multiplier * Base^(n - AllowedLength)</c>, for the longest such n of at least <see cref="AllowedLength"/>.
/// </summary>
/// <remarks>
/// Source: P. E. Weidmann, text-generation-webui pull request 5677; the defaults are the ones recommended there. The prompt counts.
/// </remarks>
public sealed record DryOptions
{
    /// <summary>Strength, 0 to 100; 0 turns DRY off.</summary>
    public float Multiplier { get; init => field = OptionRange.Check("Dry.Multiplier", value, 0f, 100f); } = 0.8f;

    /// <summary>Growth of the penalty per further repeated token, 1 to 10.</summary>
    public float Base { get; init => field = OptionRange.Check("Dry.Base", value, 1f, 10f); } = 1.75f;

    /// <summary>Shortest repeated sequence that is penalized, in tokens, at least 1.</summary>
    public int AllowedLength { get; init => field = OptionRange.Check("Dry.AllowedLength", value, 1, int.MaxValue); } = 2;

    /// <summary>Tokens searched for repetitions; -1 for all the sampler may hold, 0 turns DRY off.</summary>
    public int LastN { get; init => field = OptionRange.Check("Dry.LastN", value, -1, int.MaxValue); } = -1;

    /// <summary>Token ids across which no sequence is matched (newline, quote, role markers); they are never penalized.</summary>
    public IReadOnlyList<int> SequenceBreakers { get; init; } = [];
}
