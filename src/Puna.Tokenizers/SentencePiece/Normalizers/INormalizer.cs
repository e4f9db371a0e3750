using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Normalizers;

/// <summary>A step that changes text before it is split and tokenized. Immutable.</summary>
internal interface INormalizer
{
    /// <summary>The changed text, with ranges in the original.</summary>
    MappedText Apply(MappedText text);
}
