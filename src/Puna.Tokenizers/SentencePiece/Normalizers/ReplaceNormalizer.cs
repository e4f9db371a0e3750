using System.Text.RegularExpressions;
using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Normalizers;

/// <summary>Replaces every match of a pattern by a fixed text.</summary>
internal sealed class ReplaceNormalizer(Regex pattern, string content) : INormalizer
{
    public MappedText Apply(MappedText text)
    {
        (string all, int[] scalarOf) = text.ToStringWithIndex();
        Match match = pattern.Match(all);
        if (!match.Success) return text;

        MappedText.Builder builder = new(text.Length);
        int done = 0;
        for (; match.Success; match = match.NextMatch())
        {
            int first = scalarOf[match.Index], end = scalarOf[match.Index + match.Length];
            for (int i = done; i < first; i++) builder.Add(text, i);
            (int start, int stop) = text.OriginalRange(first, end);
            builder.Add(content, start, stop);
            done = Math.Max(done, end);
        }

        for (int i = done; i < text.Length; i++) builder.Add(text, i);
        return builder.Build();
    }
}
