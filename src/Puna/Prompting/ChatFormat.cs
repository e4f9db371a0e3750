using System.Text;
using System.Text.Json;
using Puna.Chat;
using Puna.Chat.Templates;
using Puna.Chat.Tools;
using Puna.Tokenizers;

namespace Puna.Prompting;

/// <summary>
/// How a model's conversations become prompts: by the template the caller gave, else by the file's own, else by the
/// built-in format that the vocabulary's special tokens belong to. Tools and calls that the template has no words for are
/// written in those of the model's family. Safe for concurrent callers.
/// </summary>
/// <param name="modelPath">File of the model, for messages.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="fileTemplate">Jinja text of the file, or null.</param>
/// <param name="overrideTemplate">Jinja text to use in its place, or null.</param>
internal sealed class ChatFormat(string modelPath, Tokenizer tokenizer, string? fileTemplate, string? overrideTemplate)
{
    /// <summary>The variable that some templates read tools from in place of <c>tools</c>.</summary>
    private const string CustomTools = "custom_tools";

    private readonly Lazy<ChatTemplate?> _template = new(() => Parse(modelPath, fileTemplate, overrideTemplate));
    private readonly Lazy<BuiltInTemplateKind?> _builtIn = new(() => BuiltInTemplates.Detect(token => tokenizer.TryGetId(token, out _)));

    /// <summary>Writes a conversation as text that tells template from user.</summary>
    /// <exception cref="ChatFormatException">There is no format, or the template fails or refuses the conversation.</exception>
    internal RenderedPrompt Render(ChatTemplateInput input)
    {
        try
        {
            input = WithTools(input with { BosToken = TextOf(tokenizer.BosId), EosToken = TextOf(tokenizer.EosId) });
            if (_template.Value is { } template) return Render(template.Render, input);
            if (_builtIn.Value is { } builtIn) return Render(i => BuiltInTemplates.Render(builtIn, i), input);
        }
        catch (ChatTemplateException error) when (error.Kind == ChatTemplateErrorKind.Raised)
        {
            throw ChatFormatException.Refused(modelPath, overrideTemplate is not null, error);
        }
        catch (ChatTemplateException error)
        {
            throw ChatFormatException.Broken(modelPath, overrideTemplate is not null, error);
        }

        throw ChatFormatException.NoFormat(modelPath);
    }

    /// <summary>
    /// Tokens of a rendered prompt: special tokens only where the template wrote them, and one begin-of-text token in front
    /// whether or not the template wrote it.
    /// </summary>
    internal int[] Encode(RenderedPrompt prompt) => tokenizer.Encode(
        [.. prompt.Segments.Select(s => new Tokenizers.PromptSegment(s.Text, s.Trusted))], addBos: tokenizer.AddsBos && tokenizer.BosId is not null);

    /// <summary>Renders; where the template takes one call in a message only, each gets a message of its own.</summary>
    private static RenderedPrompt Render(Func<ChatTemplateInput, RenderedPrompt> render, ChatTemplateInput input)
    {
        try
        {
            return render(input);
        }
        catch (ChatTemplateException error) when (error.Kind == ChatTemplateErrorKind.Raised && input.Messages.Any(m => m.ToolCalls is { Count: > 1 }))
        {
            return render(input with { Messages = ToolPrompt.WithOneCallAMessage(input.Messages) });
        }
    }

    /// <summary>Puts tools where the template finds them; what it has no words for becomes text of the messages.</summary>
    private ChatTemplateInput WithTools(ChatTemplateInput input)
    {
        bool hasTools = input.Tools is { Count: > 0 }, hasCalls = input.Messages.Any(m => m.ToolCalls is { Count: > 0 } || m.ToolCallId is not null);
        if (!hasTools && !hasCalls) return input;

        (bool takesTools, bool takesCalls) = _template.Value is { Capabilities: { } mentions }
            ? (mentions.Tools, mentions.ToolCalls)
            : _builtIn.Value is BuiltInTemplateKind.Llama31 or BuiltInTemplateKind.Llama4 ? (true, true) : (false, false);
        if ((hasTools && !takesTools) || (hasCalls && !takesCalls))
        {
            ToolPromptForm form = _builtIn.Value switch
            {
                BuiltInTemplateKind.Llama4 => ToolPromptForm.Pythonic,
                BuiltInTemplateKind.Llama3 or BuiltInTemplateKind.Llama31 => ToolPromptForm.Json,
                _ => throw ChatFormatException.NoTools(modelPath),
            };
            if (hasCalls && !takesCalls) input = input with { Messages = ToolPrompt.WithCallsAsText(input.Messages, form) };
            if (hasTools && !takesTools) return input with { Messages = ToolPrompt.WithDefinitions(input.Messages, input.Tools!, form), Tools = null };
        }

        bool isCustom = hasTools && _template.Value?.Source.Contains(CustomTools, StringComparison.Ordinal) == true;
        return isCustom ? input with { Variables = new Dictionary<string, JsonElement>(input.Variables ?? new Dictionary<string, JsonElement>()) { [CustomTools] = Array(input.Tools!) } } : input;
    }

    private static JsonElement Array(IReadOnlyList<JsonElement> items) => JsonWriting.Build(writer =>
    {
        writer.WriteStartArray();
        foreach (JsonElement item in items) item.WriteTo(writer);
        writer.WriteEndArray();
    });

    private static ChatTemplate? Parse(string modelPath, string? fileTemplate, string? overrideTemplate)
    {
        string? source = overrideTemplate ?? fileTemplate;
        if (string.IsNullOrWhiteSpace(source)) return null;

        try
        {
            return ChatTemplate.Parse(source);
        }
        catch (ChatTemplateException error)
        {
            throw ChatFormatException.Broken(modelPath, overrideTemplate is not null, error);
        }
    }

    private string? TextOf(int? id) => id is int token ? Encoding.UTF8.GetString(tokenizer.GetTokenBytes(token)) : null;
}
