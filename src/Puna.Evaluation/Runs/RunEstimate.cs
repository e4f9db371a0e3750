using Puna.Evaluation.Models;

namespace Puna.Evaluation.Runs;

/// <summary>What a run will ask of a model, known before it starts.</summary>
/// <param name="Questions">Requests.</param>
/// <param name="PromptTokens">Tokens of all prompts, continuations to be scored included.</param>
/// <param name="ComputedTokens">Those of them that are left after what prompts share at their beginning is computed once.</param>
/// <param name="MostWritten">Tokens that are written when every answer is as long as the recipe allows.</param>
/// <param name="IsExact">Whether every prompt was counted with the model's own tokenizer; otherwise the numbers are scaled from a sample, or from four characters a token.</param>
public sealed record RunEstimate(int Questions, long PromptTokens, long ComputedTokens, long MostWritten, bool IsExact)
{
    private const int MostCounted = 2000;
    private const double CharactersPerToken = 4;

    /// <summary>Counts a run's tokens by a model's own tokenizer, all of them up to 2,000 requests, else every n-th.</summary>
    /// <exception cref="EvaluationException">A prompt cannot be written for the model.</exception>
    public static RunEstimate Of(PreparedRun run, PunaModelUnderTest model)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(model);
        int step = (run.Requests.Count + MostCounted - 1) / MostCounted;
        (int[] Tokens, int Scored)[] counted = [.. run.Requests.Where((_, i) => i % step == 0).Select(model.Count)];
        Array.Sort(counted, (a, b) => a.Tokens.AsSpan().SequenceCompareTo(b.Tokens));
        long tokens = counted.Sum(c => (long)c.Tokens.Length + c.Scored), computed = tokens;
        for (int i = 1; i < counted.Length; i++) computed -= Math.Min(counted[i].Tokens.Length - 1, counted[i].Tokens.AsSpan().CommonPrefixLength(counted[i - 1].Tokens));
        double scale = (double)run.Requests.Count / counted.Length;
        return new RunEstimate(run.Requests.Count, (long)(tokens * scale), (long)(computed * scale), Written(run), step == 1);
    }

    /// <summary>Guesses a run's tokens where no tokenizer is at hand: one for every four characters, and none shared.</summary>
    public static RunEstimate Of(PreparedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        long tokens = run.Requests.Sum(request => (long)Math.Ceiling(request.Display.Length / CharactersPerToken) + (request.Continuations?.Count ?? 0));
        return new RunEstimate(run.Requests.Count, tokens, tokens, Written(run), false);
    }

    /// <summary>The most that a run costs at an endpoint's prices.</summary>
    /// <param name="perMillionIn">Price of a million prompt tokens.</param>
    /// <param name="perMillionOut">Price of a million written tokens.</param>
    public decimal MostCost(decimal perMillionIn, decimal perMillionOut) => ((PromptTokens * perMillionIn) + (MostWritten * perMillionOut)) / 1_000_000m;

    /// <summary>The times that a run takes at a speed: with no answer longer than a token, and with all as long as they may be.</summary>
    public (TimeSpan Least, TimeSpan Most) Time(ModelSpeed speed)
    {
        double reading = ComputedTokens / speed.Read, writing = MostWritten / speed.Write;
        return (TimeSpan.FromSeconds(reading + (MostWritten > 0 ? Questions / speed.Write : 0)), TimeSpan.FromSeconds(reading + writing));
    }

    private static long Written(PreparedRun run) => run.Requests.Sum(request => request.Continuations is null ? (long)request.MaxTokens : 0);
}
