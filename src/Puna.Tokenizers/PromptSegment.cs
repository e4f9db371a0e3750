namespace Puna.Tokenizers;

/// <summary>
/// A part of a rendered prompt. Special tokens are recognised in trusted text (the chat template's own words) and never
/// in untrusted text (what a user, a document or a tool wrote), however it is spelled.
/// </summary>
/// <param name="Text">The text; neighbouring segments are tokenized as one string.</param>
/// <param name="Trusted">True when the template wrote it.</param>
public readonly record struct PromptSegment(string Text, bool Trusted);
