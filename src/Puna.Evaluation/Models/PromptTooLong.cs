namespace Puna.Evaluation.Models;

/// <summary>What to do with a prompt that does not fit into the context.</summary>
public enum PromptTooLong
{
    /// <summary>Ask nothing at all: a score over shortened prompts is another score.</summary>
    Refuse,

    /// <summary>Cut tokens from its beginning, after the begin-of-text token, and count them.</summary>
    CutLeft,
}
