using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Splitters;

/// <summary>A step that divides text into parts which no token spans. Immutable.</summary>
internal interface ISplitter
{
    /// <summary>Appends the parts of <paramref name="part"/>.</summary>
    /// <param name="part">Not empty.</param>
    /// <param name="first">It is the beginning of the text.</param>
    /// <param name="output">Receives the parts; empty ones are left out.</param>
    void Split(MappedText part, bool first, List<MappedText> output);
}
