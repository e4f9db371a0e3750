using Puna.Chat.Templates.Jinja;
using Puna.Chat.Templates.Jinja.Syntax;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates;

/// <summary>
/// A model file's chat template: Jinja with the settings Hugging Face uses (trimmed blocks, loop controls, JSON without
/// HTML escapes, immutable sandbox). Immutable; safe to render from several threads.
/// </summary>
public sealed class ChatTemplate
{
    private readonly IReadOnlyList<Statement> _body;
    private readonly string _normalized;

    private ChatTemplate(string source, string normalized, IReadOnlyList<Statement> body, IReadOnlySet<string> names, ChatTemplateLimits limits)
    {
        Source = source;
        Limits = limits;
        Capabilities = ChatTemplateCapabilities.Of(names);
        _normalized = normalized;
        _body = body;
    }

    /// <summary>The template as given.</summary>
    public string Source { get; }

    /// <summary>Bounds for parsing and rendering.</summary>
    public ChatTemplateLimits Limits { get; }

    /// <summary>What the template makes use of.</summary>
    public ChatTemplateCapabilities Capabilities { get; }

    /// <param name="source">Jinja text, as in <c>tokenizer.chat_template</c>.</param>
    /// <param name="limits">Bounds for parsing and rendering; null for <see cref="ChatTemplateLimits.Default"/>.</param>
    /// <exception cref="ChatTemplateException">The text does not parse, or exceeds a limit.</exception>
    public static ChatTemplate Parse(string source, ChatTemplateLimits? limits = null)
    {
        limits ??= ChatTemplateLimits.Default;
        string normalized = "";
        try
        {
            if (source.Length > limits.MaxSourceLength)
                throw TemplateFault.Limit($"the template has {source.Length} characters, more than {limits.MaxSourceLength} ({nameof(ChatTemplateLimits.MaxSourceLength)}).");
            normalized = Lexer.Normalize(source);
            return new ChatTemplate(source, normalized, Parser.Parse(normalized, limits, out IReadOnlySet<string> names), names, limits);
        }
        catch (TemplateFault fault)
        {
            throw Located(fault, normalized, 0);
        }
    }

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="ChatTemplateException">The template fails, refuses the conversation, or reaches a limit.</exception>
    public RenderedPrompt Render(ChatTemplateInput input) =>
        Render(input.Clock, interpreter => InputValues.Define(interpreter, input));

    internal RenderedPrompt Render(TimeProvider clock, Action<Interpreter> define)
    {
        Interpreter interpreter = new(new RenderBudget(Limits), clock);
        try
        {
            define(interpreter);
            return ToPrompt(interpreter.Render(_body));
        }
        catch (TemplateFault fault)
        {
            throw Located(fault, _normalized, interpreter.Position);
        }
    }

    internal static RenderedPrompt ToPrompt(Text text) =>
        new(text.Chars, [.. text.Runs().Select(run => new PromptSegment(text.Chars.Substring(run.Start, run.Length), run.Trusted))]);

    private static ChatTemplateException Located(TemplateFault fault, string source, int evaluating)
    {
        const int MaxExcerpt = 60;
        int position = Math.Clamp(fault.Position >= 0 ? fault.Position : evaluating, 0, source.Length);
        int lineStart = position == 0 ? 0 : source.LastIndexOf('\n', position - 1) + 1;
        int line = source.AsSpan(0, position).Count('\n') + 1;
        int lineEnd = source.IndexOf('\n', position);
        if (lineEnd < 0) lineEnd = source.Length;
        string excerpt = source[position..Math.Min(lineEnd, position + MaxExcerpt)];
        return new ChatTemplateException(fault.Kind, fault.Message, line, position - lineStart + 1, excerpt, fault);
    }
}
