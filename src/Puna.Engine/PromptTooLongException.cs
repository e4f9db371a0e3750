namespace Puna.Engine;

/// <summary>A prompt leaves no room for an answer.</summary>
public sealed class PromptTooLongException : ArgumentException
{
    /// <summary>A prompt of <paramref name="promptTokens"/> tokens for a context of <paramref name="contextLength"/>.</summary>
    internal PromptTooLongException(int promptTokens, int contextLength)
        : base($"The prompt has {promptTokens} tokens; the context holds {contextLength}, the answer included. Shorten the prompt or raise the context length.")
    {
        PromptTokens = promptTokens;
        ContextLength = contextLength;
    }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>Tokens the context holds, the answer included.</summary>
    public int ContextLength { get; }
}
