using System.Text;
using Puna.Chat.Templates;
using Puna.Tokenizers;

namespace Puna.Prompting;

/// <summary>
/// How a model's conversations become prompts: by the template the caller gave, else by the file's own, else by the
/// built-in format that the vocabulary's special tokens belong to. Safe for concurrent callers.
/// </summary>
/// <param name="modelPath">File of the model, for messages.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="fileTemplate">Jinja text of the file, or null.</param>
/// <param name="overrideTemplate">Jinja text to use in its place, or null.</param>
internal sealed class ChatFormat(string modelPath, Tokenizer tokenizer, string? fileTemplate, string? overrideTemplate)
{
    private readonly Lazy<ChatTemplate?> _template = new(() => Parse(modelPath, fileTemplate, overrideTemplate));
    private readonly Lazy<BuiltInTemplateKind?> _builtIn = new(() => BuiltInTemplates.Detect(token => tokenizer.TryGetId(token, out _)));

    /// <summary>Writes a conversation as text that tells template from user.</summary>
    /// <exception cref="ChatFormatException">There is no format, or the template fails or refuses the conversation.</exception>
    internal RenderedPrompt Render(ChatTemplateInput input)
    {
        input = input with { BosToken = TextOf(tokenizer.BosId), EosToken = TextOf(tokenizer.EosId) };
        try
        {
            if (_template.Value is { } template) return template.Render(input);
            if (_builtIn.Value is { } builtIn) return BuiltInTemplates.Render(builtIn, input);
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
