using Puna.Chat.Templates;

namespace Puna.Prompting;

/// <summary>A conversation could not be written as a prompt of this model.</summary>
public sealed class ChatFormatException : Exception
{
    private ChatFormatException(ChatFormatError error, string modelPath, string message, ChatTemplateException? inner)
        : base($"{modelPath}: {message}", inner)
    {
        Error = error;
        ModelPath = modelPath;
    }

    /// <summary>What kind of failure it is.</summary>
    public ChatFormatError Error { get; }

    /// <summary>File of the model.</summary>
    public string ModelPath { get; }

    internal static ChatFormatException NoFormat(string modelPath) => new(ChatFormatError.NoFormat, modelPath,
        "the file has no chat template, and its special tokens belong to no chat format that Puna knows; it may be a base model. "
        + $"Give a Jinja template ({nameof(PunaModelOptions)}.{nameof(PunaModelOptions.ChatTemplate)}), or continue plain text: "
        + $"encode it with {nameof(PunaModel)}.{nameof(PunaModel.Tokenizer)} and submit it to {nameof(PunaModel)}.{nameof(PunaModel.Engine)}.", null);

    internal static ChatFormatException Broken(string modelPath, bool isOverride, ChatTemplateException inner) => new(ChatFormatError.BrokenTemplate, modelPath,
        $"{Subject(isOverride)} fails. {inner.Message} {Remedy(isOverride)}", inner);

    internal static ChatFormatException Refused(string modelPath, bool isOverride, ChatTemplateException inner) => new(ChatFormatError.RefusedConversation, modelPath,
        $"{Subject(isOverride)} refuses this conversation: {inner.Reason} Change the messages, or give another template in "
        + $"{nameof(PunaModelOptions)}.{nameof(PunaModelOptions.ChatTemplate)}.", inner);

    internal static ChatFormatException NoTools(string modelPath) => new(ChatFormatError.NoTools, modelPath,
        "the chat template has no words for tools, and the special tokens are not of Llama 3 or 4, whose words could take their place. "
        + $"Leave tools, calls and their results out, or give a template that knows them in {nameof(PunaModelOptions)}.{nameof(PunaModelOptions.ChatTemplate)}.", null);

    private static string Subject(bool isOverride) =>
        isOverride ? $"the template of {nameof(PunaModelOptions)}.{nameof(PunaModelOptions.ChatTemplate)}" : "the file's chat template";

    private static string Remedy(bool isOverride) => isOverride
        ? "Correct it, or leave the option out to use the file's own."
        : $"Give a working one in {nameof(PunaModelOptions)}.{nameof(PunaModelOptions.ChatTemplate)}.";
}
