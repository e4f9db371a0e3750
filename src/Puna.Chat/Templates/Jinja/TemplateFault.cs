namespace Puna.Chat.Templates.Jinja;

/// <summary>A failure before its place in the template is known; becomes a <see cref="ChatTemplateException"/>.</summary>
internal sealed class TemplateFault(ChatTemplateErrorKind kind, string message) : Exception(message)
{
    /// <summary>Offset in the template, or -1 to use the place being evaluated.</summary>
    public int Position { get; init; } = -1;

    public ChatTemplateErrorKind Kind { get; } = kind;

    public static TemplateFault Runtime(string message) => new(ChatTemplateErrorKind.Runtime, message);

    public static TemplateFault Limit(string message) => new(ChatTemplateErrorKind.Limit, message);

    public static TemplateFault Syntax(string message, int position) => new(ChatTemplateErrorKind.Syntax, message) { Position = position };
}
