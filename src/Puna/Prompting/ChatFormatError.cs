namespace Puna.Prompting;

/// <summary>Why a conversation could not be written as a prompt.</summary>
public enum ChatFormatError
{
    /// <summary>The model has no chat template, and its vocabulary is of no known format.</summary>
    NoFormat,

    /// <summary>The template itself is at fault: it does not parse, or fails on a conversation.</summary>
    BrokenTemplate,

    /// <summary>The template refuses this conversation, such as two user turns in a row.</summary>
    RefusedConversation,

    /// <summary>Tools are given, and neither the template nor the model's family has a form for them.</summary>
    NoTools,
}
