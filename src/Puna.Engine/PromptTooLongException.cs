namespace Puna.Engine;

/// <summary>A prompt leaves no room for an answer.</summary>
public sealed class PromptTooLongException : ArgumentException
{
    /// <summary>A prompt of <paramref name="promptTokens"/> tokens for a context of <paramref name="contextLength"/>.</summary>
    public PromptTooLongException(int promptTokens, int contextLength)
        : base($"The prompt has {promptTokens} tokens; the context holds {contextLength}, the answer included. Shorten the prompt or raise the context length.")
    {
        PromptTokens = promptTokens;
        ContextLength = contextLength;
    }

    public int PromptTokens { get; }

    public int ContextLength { get; }
}
