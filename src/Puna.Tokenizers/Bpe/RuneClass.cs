namespace Puna.Tokenizers.Bpe;

/// <summary>Properties of a character that the split patterns ask for.</summary>
[Flags]
internal enum RuneClass : byte
{
    None = 0,

    /// <summary>May stand in the first part of a word: <c>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</c>.</summary>
    Head = 1,

    /// <summary>May stand in the second part of a word: <c>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</c>.</summary>
    Tail = 2,

    /// <summary><c>\p{L}</c></summary>
    Letter = 4,

    /// <summary><c>\p{N}</c></summary>
    Number = 8,

    /// <summary><c>\s</c>, Unicode's White_Space.</summary>
    Space = 16,

    /// <summary><c>[\r\n]</c></summary>
    NewLine = 32,

    /// <summary><c>[^\s\p{L}\p{N}]</c>, which includes marks.</summary>
    Symbol = 64,

    /// <summary><c>[^\r\n\p{L}\p{N}]</c>: what one character before a word may be.</summary>
    Prefix = 128,
}
