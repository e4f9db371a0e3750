using System.Text;
using System.Text.RegularExpressions;

namespace Puna.Evaluation.Grading;

/// <summary>Equality after the same deletions on both sides, in lm-evaluation-harness' order: patterns, case, punctuation, digits.</summary>
/// <param name="Ignore">Patterns that are deleted first.</param>
/// <param name="IgnoreCase">Whether letters are lowered.</param>
/// <param name="IgnorePunctuation">Whether ASCII punctuation is deleted.</param>
/// <param name="IgnoreNumbers">Whether ASCII digits are deleted.</param>
internal sealed record ExactMatch(IReadOnlyList<Regex> Ignore, bool IgnoreCase = false, bool IgnorePunctuation = false, bool IgnoreNumbers = false)
{
    /// <summary>Whether the answer equals the reference; no answer equals nothing.</summary>
    public bool Holds(string? answer, string gold) => answer is not null && Normalize(answer) == Normalize(gold);

    public string Normalize(string text)
    {
        foreach (Regex pattern in Ignore) text = pattern.Replace(text, "");
        if (IgnoreCase) text = text.ToLowerInvariant();
        if (!IgnorePunctuation && !IgnoreNumbers) return text;

        StringBuilder kept = new(text.Length);
        foreach (char c in text)
        {
            if (IgnorePunctuation && PythonText.Punctuation.Contains(c)) continue;
            if (IgnoreNumbers && char.IsAsciiDigit(c)) continue;
            kept.Append(c);
        }

        return kept.ToString();
    }
}
