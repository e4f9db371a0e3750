using Puna.Chat.Templates.Jinja;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates;

/// <summary>
/// The Llama chat formats written out, for model files that carry no template. Marks trust as <see cref="ChatTemplate"/>
/// does: headers and special tokens are trusted, everything from the input is not.
/// </summary>
/// <remarks>
/// Formats: Meta's prompt format pages of Llama 2, 3, 3.1 and 4; tools in the JSON form of the templates on Hugging
/// Face. Variables read: <c>custom_tools</c>, <c>tools_in_user_message</c> (default true) and, for Llama 3.1,
/// <c>date_string</c> (default the published 26 Jul 2024). No system prompt is added of our own.
/// </remarks>
public static class BuiltInTemplates
{
    /// <summary>Recognises a format by the special tokens of a vocabulary.</summary>
    /// <param name="hasToken">Says whether the vocabulary holds a token of this text.</param>
    /// <returns>The format, or null if the tokens belong to none of them.</returns>
    public static BuiltInTemplateKind? Detect(Func<string, bool> hasToken)
    {
        ArgumentNullException.ThrowIfNull(hasToken);
        if (hasToken("<|header_start|>") && hasToken("<|header_end|>") && hasToken("<|eot|>")) return BuiltInTemplateKind.Llama4;
        if (hasToken("<|start_header_id|>") && hasToken("<|end_header_id|>") && hasToken("<|eot_id|>"))
            return hasToken("<|python_tag|>") ? BuiltInTemplateKind.Llama31 : BuiltInTemplateKind.Llama3;
        bool sentencePiece = hasToken("<s>") && hasToken("</s>") && hasToken("<unk>") && hasToken("<0x0A>");
        return sentencePiece && !hasToken("<|im_start|>") && !hasToken("[INST]") ? BuiltInTemplateKind.Llama2 : null;
    }

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="ChatTemplateException">The format cannot express the conversation, or a limit is reached.</exception>
    public static RenderedPrompt Render(BuiltInTemplateKind kind, ChatTemplateInput input, ChatTemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        RenderBudget budget = new(limits ?? ChatTemplateLimits.Default);
        try
        {
            Text prompt = kind switch
            {
                BuiltInTemplateKind.Llama2 => Llama2Template.Render(input, budget),
                BuiltInTemplateKind.Llama3 => new LlamaHeaderTemplate(LlamaHeaderTemplate.Llama3, input, budget).Render(),
                BuiltInTemplateKind.Llama31 => new LlamaHeaderTemplate(LlamaHeaderTemplate.Llama31, input, budget).Render(),
                BuiltInTemplateKind.Llama4 => new LlamaHeaderTemplate(LlamaHeaderTemplate.Llama4, input, budget).Render(),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is no built-in chat format."),
            };
            return ChatTemplate.ToPrompt(prompt);
        }
        catch (TemplateFault fault)
        {
            throw new ChatTemplateException(fault.Kind, fault.Message, 1, 1, "", fault);
        }
    }
}
