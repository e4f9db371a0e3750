namespace Puna.Evaluation.Divergence;

/// <summary>A text cut into windows of tokens, each of which a model reads from its beginning.</summary>
public static class TextWindows
{
    /// <summary>Windows of equal length; what does not fill one is left out, unless nothing else is there.</summary>
    /// <param name="model">Whose tokens they are.</param>
    /// <param name="text">The text.</param>
    /// <param name="length">Tokens of a window, the begin-of-text token included; 2 to the context length.</param>
    /// <param name="maxTokens">Most tokens in all.</param>
    /// <exception cref="EvaluationException">The length does not fit the model, or the text has fewer than two tokens.</exception>
    public static IReadOnlyList<int[]> Of(PunaModel model, string text, int length, int maxTokens)
    {
        if (length < 2 || length > model.Config.ContextLength) throw new EvaluationException($"--window {length}: 2 to {model.Config.ContextLength} tokens, the model's context, are possible.");

        int[] tokens = model.Tokenizer.Encode(text, addBos: false);
        int[] begin = model.AddsBos ? [model.Tokenizer.BosId!.Value] : [];
        int body = length - begin.Length;
        int[][] windows = [.. tokens.Take(maxTokens).Chunk(body).Where(chunk => chunk.Length == body).Select(chunk => (int[])[.. begin, .. chunk])];
        if (windows.Length == 0) windows = [[.. begin, .. tokens.Take(body)]];
        return windows[0].Length >= 2 ? windows : throw new EvaluationException($"The text has {tokens.Length} tokens; at least {2 - begin.Length} are needed.");
    }
}
