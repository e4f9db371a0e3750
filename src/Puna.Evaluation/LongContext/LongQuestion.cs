using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.LongContext;

/// <summary>A question about a long text.</summary>
/// <param name="Prompt">Text and question.</param>
/// <param name="Prefix">Beginning of the answer.</param>
/// <param name="References">What the answer must name.</param>
/// <param name="Any">Whether one of the references is enough.</param>
internal sealed record LongQuestion(string Prompt, string Prefix, string[] References, bool Any = false);

/// <summary>A kind of question of any length.</summary>
/// <param name="Name">Its name.</param>
/// <param name="NewTokens">Most tokens of an answer.</param>
/// <param name="MinSize">The smallest text that makes sense.</param>
/// <param name="Build">Makes a question from a source of chance, the size of the text in the task's own unit (sentences, lines, words, documents), and the length in tokens that is aimed at.</param>
internal sealed record LongTask(string Name, int NewTokens, int MinSize, Func<SplitMix64, int, int, LongQuestion> Build)
{
    /// <summary>The task for lengths below 4096 tokens and for tokenizers that cut words to pieces; null where it is the same.</summary>
    public LongTask? Smaller { get; init; }
}
