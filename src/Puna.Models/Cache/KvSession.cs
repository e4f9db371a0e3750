namespace Puna.Models.Cache;

/// <summary>A sequence loaded from a file.</summary>
/// <param name="Slot">Cache slot it was opened in.</param>
/// <param name="Tokens">
/// The token ids given when it was saved, one per position; not negative, but not checked against a vocabulary.
/// </param>
public sealed record KvSession(int Slot, int[] Tokens);
