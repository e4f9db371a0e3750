namespace Puna.Safety.Obfuscation;

/// <summary>Ways to hide text from a classifier that are undone before it looks. Each can be switched off.</summary>
[Flags]
public enum ObfuscationPasses
{
    None = 0,

    /// <summary>Tag characters (U+E0020…U+E007E), which are invisible and spell ASCII, become what they spell.</summary>
    Tags = 1 << 0,

    /// <summary>Zero-width, bidirectional and other invisible characters go.</summary>
    Invisible = 1 << 1,

    /// <summary>Compatibility characters (full width, ligatures, mathematical letters, circled letters) become plain: NFKC.</summary>
    Compatibility = 1 << 2,

    /// <summary>Cyrillic, Greek and other letters that look Latin become Latin in words that mix or wholly imitate.</summary>
    Homoglyphs = 1 << 3,

    /// <summary>HTML entities and \x, \u escapes become characters.</summary>
    Escapes = 1 << 4,

    /// <summary>Digits and signs inside words become the letters they stand for.</summary>
    Leetspeak = 1 << 5,

    /// <summary>Letters set apart by spaces, dots, hyphens or underscores are joined.</summary>
    Spacing = 1 << 6,

    /// <summary>Base64 is decoded.</summary>
    Base64 = 1 << 7,

    /// <summary>Hexadecimal bytes are decoded.</summary>
    Hex = 1 << 8,

    /// <summary>Percent-encoding is decoded.</summary>
    Percent = 1 << 9,

    /// <summary>ROT13 is undone.</summary>
    Rot13 = 1 << 10,

    /// <summary>The text is read backwards.</summary>
    Reversed = 1 << 11,

    /// <summary>All of them.</summary>
    All = (1 << 12) - 1,
}
