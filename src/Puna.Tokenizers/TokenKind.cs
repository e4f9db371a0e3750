namespace Puna.Tokenizers;

/// <summary>What a vocabulary entry is for. The values are those of GGUF's <c>tokenizer.ggml.token_type</c>.</summary>
public enum TokenKind : byte
{
    /// <summary>Ordinary text.</summary>
    Normal = 1,

    /// <summary>Stands for text the vocabulary cannot spell.</summary>
    Unknown = 2,

    /// <summary>Carries structure, not text: begin of text, end of turn.</summary>
    Control = 3,

    /// <summary>Text that is always one token, wherever it occurs.</summary>
    UserDefined = 4,

    /// <summary>A reserved id that no text produces.</summary>
    Unused = 5,

    /// <summary>One byte, for text without a token of its own.</summary>
    Byte = 6,
}
