namespace Puna.Server.Serving;

/// <summary>Tokens of a request: those of a prompt count once, however many answers it gets.</summary>
internal readonly record struct TokenCounts(int Prompt, int Cached, int Completion)
{
    /// <summary>Tokens of answers that speculative decoding had guessed.</summary>
    internal int AcceptedDraft { get; init; }

    /// <summary>Tokens that it guessed and the model did not choose.</summary>
    internal int RejectedDraft { get; init; }

    internal int Total => Prompt + Completion;

    internal TokenCounts With(AnswerEnd end, bool countsPrompt) => new(
        Prompt + (countsPrompt ? end.PromptTokens : 0), Cached + (countsPrompt ? end.CachedTokens : 0), Completion + end.CompletionTokens)
    {
        AcceptedDraft = AcceptedDraft + end.AcceptedDraftTokens,
        RejectedDraft = RejectedDraft + end.RejectedDraftTokens,
    };

    /// <summary>Of whole answers, those to one prompt side by side.</summary>
    internal static TokenCounts Of(IReadOnlyList<Answer> answers, int choicesPerPrompt)
    {
        TokenCounts counts = default;
        for (int i = 0; i < answers.Count; i++) counts = counts.With(answers[i].End, i % choicesPerPrompt == 0);
        return counts;
    }
}
