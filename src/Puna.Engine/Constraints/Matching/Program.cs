namespace Puna.Engine.Constraints.Matching;

/// <summary>A compiled constraint: where the text begins, and the whitespace between the parts of JSON. Immutable.</summary>
/// <param name="Start">Form of the whole text: a <see cref="ValueRule"/>, a <see cref="TextForm"/> or a grammar's rule.</param>
/// <param name="Between">Whitespace between parts, or null for none.</param>
/// <param name="Around">Whitespace before and after the text, or null for none.</param>
/// <param name="PlainStrings">JSON strings have only the escapes that they need.</param>
internal sealed record Program(object Start, TextForm? Between, TextForm? Around, bool PlainStrings = false);
