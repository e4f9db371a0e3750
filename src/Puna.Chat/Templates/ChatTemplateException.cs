namespace Puna.Chat.Templates;

/// <summary>A chat template failed to parse or to render.</summary>
public sealed class ChatTemplateException : Exception
{
    internal ChatTemplateException(ChatTemplateErrorKind kind, string reason, int line, int column, string excerpt, Exception? inner)
        : base($"Chat template line {line}, column {column}: {reason}" + (excerpt.Length == 0 ? "" : $" Near: {excerpt}"), inner)
    {
        Kind = kind;
        Reason = reason;
        Line = line;
        Column = column;
        Excerpt = excerpt;
    }

    /// <summary>What went wrong.</summary>
    public ChatTemplateErrorKind Kind { get; }

    /// <summary>The failure without its place; for <see cref="ChatTemplateErrorKind.Raised"/> the template's own words.</summary>
    public string Reason { get; }

    /// <summary>Line in the template, from 1.</summary>
    public int Line { get; }

    /// <summary>Column in the line, in UTF-16 units, from 1.</summary>
    public int Column { get; }

    /// <summary>The template text at that place, shortened.</summary>
    public string Excerpt { get; }
}
