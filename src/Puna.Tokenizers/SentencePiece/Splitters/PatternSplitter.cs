using System.Text.RegularExpressions;
using Puna.Tokenizers.Unicode;

namespace Puna.Tokenizers.SentencePiece.Splitters;

/// <summary>What becomes of the matches of a splitting pattern.</summary>
internal enum SplitBehavior
{
    /// <summary>Dropped.</summary>
    Removed,

    /// <summary>Parts of their own.</summary>
    Isolated,

    /// <summary>The end of the part before.</summary>
    MergedWithPrevious,

    /// <summary>The beginning of the part behind.</summary>
    MergedWithNext,

    /// <summary>Parts of their own, neighbours joined.</summary>
    Contiguous,
}

/// <summary>Divides text at the matches of a pattern.</summary>
internal sealed class PatternSplitter(Regex pattern, SplitBehavior behavior, bool invert) : ISplitter
{
    public void Split(MappedText part, bool first, List<MappedText> output)
    {
        (string all, int[] scalarOf) = part.ToStringWithIndex();
        List<(int First, int End, bool IsMatch)> pieces = [];
        int done = 0;
        foreach (Match match in pattern.Matches(all))
        {
            if (match.Length == 0) continue;
            Add(done, match.Index, invert);
            Add(match.Index, match.Index + match.Length, !invert);
            done = match.Index + match.Length;
        }

        Add(done, all.Length, invert);
        foreach ((int begin, int end) in Join(pieces)) output.Add(part.Slice(scalarOf[begin], scalarOf[end]));

        void Add(int begin, int end, bool isMatch)
        {
            if (begin < end) pieces.Add((begin, end, isMatch));
        }
    }

    private IEnumerable<(int Begin, int End)> Join(List<(int First, int End, bool IsMatch)> pieces)
    {
        int begin = -1; // of a part that still grows
        for (int i = 0; i < pieces.Count; i++)
        {
            (int first, int end, bool isMatch) = pieces[i];
            if (behavior == SplitBehavior.Removed && isMatch) continue;
            if (begin < 0) begin = first;
            if (i + 1 < pieces.Count && pieces[i + 1].First == end && Joins(isMatch, pieces[i + 1].IsMatch)) continue;

            yield return (begin, end);
            begin = -1;
        }
    }

    private bool Joins(bool left, bool right) => behavior switch
    {
        SplitBehavior.MergedWithPrevious => !left && right,
        SplitBehavior.MergedWithNext => left && !right,
        SplitBehavior.Contiguous => left == right,
        _ => false,
    };
}
