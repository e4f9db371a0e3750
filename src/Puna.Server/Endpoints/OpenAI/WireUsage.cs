using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Counts and times of an answer.</summary>
internal static class WireUsage
{
    internal static TokenUsage Of(TokenCounts counts) => new(counts.Prompt, counts.Completion, counts.Total, new PromptTokensDetails(counts.Cached), new CompletionTokensDetails(counts.AcceptedDraft, counts.RejectedDraft));

    /// <summary>Changes with the weights: the same one, prompt, options and seed give the same answer.</summary>
    internal static string Fingerprint(LoadedModel served) => "fp_" + served.Fingerprint[..16];

    internal static Timings Timings(AnswerEnd end) => new(
        Math.Round(end.PromptTime.TotalMilliseconds, 2), Math.Round(end.DecodeTime.TotalMilliseconds, 2),
        Rate(end.PromptTokens - end.CachedTokens, end.PromptTime), Rate(end.CompletionTokens - 1, end.DecodeTime));

    private static double? Rate(int tokens, TimeSpan time) => tokens > 0 && time > TimeSpan.Zero ? Math.Round(tokens / time.TotalSeconds, 2) : null;
}
