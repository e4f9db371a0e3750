using System.Text.RegularExpressions;
using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Normalizers;

/// <summary>Replaces every match of a pattern by a fixed text.</summary>
internal sealed class ReplaceNormalizer(Regex pattern, string content) : INormalizer
{
    public MappedText Apply(MappedText text) => text.Replace(pattern, _ => content);
}
