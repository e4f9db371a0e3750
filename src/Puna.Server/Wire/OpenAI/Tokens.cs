namespace Puna.Server.Wire.OpenAI;

internal sealed record TokenizeRequest : OpenRecord
{
    public string? Model { get; init; }

    /// <summary>Text to tokenize; or <see cref="Messages"/>.</summary>
    public string? Content { get; init; }

    /// <summary>A conversation, to be tokenized as the model would read it.</summary>
    public IReadOnlyList<ChatMessageIn>? Messages { get; init; }

    /// <summary>Put the begin-of-text token first.</summary>
    public bool? AddSpecial { get; init; }

    /// <summary>Tell the text of every token.</summary>
    public bool? WithPieces { get; init; }
}

internal sealed record TokenizeReply(IReadOnlyList<int> Tokens, int Count, IReadOnlyList<string>? Pieces);

internal sealed record DetokenizeRequest : OpenRecord
{
    public string? Model { get; init; }
    public IReadOnlyList<int>? Tokens { get; init; }
}

internal sealed record DetokenizeReply(string Content);
