namespace Puna.Chat.Templates;

/// <summary>A stretch of a prompt with one origin.</summary>
/// <param name="Text">The characters; never empty.</param>
/// <param name="Trusted">
/// True where the characters were written by the template or are the model's own special tokens; only there may a
/// tokenizer recognise special tokens. False where they came from messages, tools or variables.
/// </param>
public readonly record struct PromptSegment(string Text, bool Trusted);
