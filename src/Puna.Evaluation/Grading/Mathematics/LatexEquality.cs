using System.Numerics;
using static Puna.Evaluation.Grading.Mathematics.LatexNode;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>The level at which two answers were found equal.</summary>
internal enum Equivalence
{
    /// <summary>Not equal, or one of them cannot be read.</summary>
    None,

    /// <summary>The same string after Minerva's normalisation.</summary>
    Normalized,

    /// <summary>The same string after the rewrites of the authors of MATH.</summary>
    Hendrycks,

    /// <summary>Both parse, and have the same value.</summary>
    Symbolic,
}

/// <summary>
/// Whether two answers in LaTeX mean the same. Rational values are compared exactly. Formulas with variables, roots or
/// constants are evaluated at random complex points and must agree at every one; tuples, intervals and matrices are compared
/// item by item, sets, lists and unions in any order.
/// </summary>
internal static class LatexEquality
{
    private const int Points = 8;
    private const int Attempts = 32; // points at which a formula has no value do not count
    private const double Tolerance = 1e-9;

    /// <summary>The weakest level at which the answers are equal, tried in the order in which published scores rely on them.</summary>
    public static Equivalence Compare(string? answer, string gold)
    {
        if (answer is null) return Equivalence.None;
        if (MinervaAnswer.Normalize(answer) == MinervaAnswer.Normalize(gold)) return Equivalence.Normalized;
        if (HendrycksEquality.Holds(answer, gold)) return Equivalence.Hendrycks;
        return Symbolic(answer, gold) ? Equivalence.Symbolic : Equivalence.None;
    }

    /// <summary>Whether both can be read and have the same value.</summary>
    public static bool Symbolic(string answer, string gold) =>
        LatexParser.Parse(answer) is { } a && LatexParser.Parse(gold) is { } b && Same(a, b);

    private static bool Same(LatexNode a, LatexNode b) => (a, b) switch
    {
        (Collection x, Collection y) => x.Open == y.Open && x.Close == y.Close && x.Items.Count == y.Items.Count
            && (x.Ordered ? x.Items.Zip(y.Items).All(pair => Same(pair.First, pair.Second)) : SameInAnyOrder(x.Items, y.Items)),
        (Matrix x, Matrix y) => x.Rows.Count == y.Rows.Count
            && x.Rows.Zip(y.Rows).All(rows => rows.First.Count == rows.Second.Count && rows.First.Zip(rows.Second).All(pair => Same(pair.First, pair.Second))),
        (Equation x, Equation y) => Same(x.Left, y.Left) && Same(x.Right, y.Right),
        (Collection or Matrix or Equation, _) or (_, Collection or Matrix or Equation) => false,
        _ => SameValue(a, b),
    };

    private static bool SameInAnyOrder(IReadOnlyList<LatexNode> a, IReadOnlyList<LatexNode> b)
    {
        List<LatexNode> left = [.. b];
        return a.All(item => left.FindIndex(other => Same(item, other)) is var at and >= 0 && RemoveAt(left, at));
    }

    private static bool RemoveAt(List<LatexNode> items, int at)
    {
        items.RemoveAt(at);
        return true;
    }

    private static bool SameValue(LatexNode a, LatexNode b)
    {
        if (Rational.Of(a) is { } x && Rational.Of(b) is { } y) return x == y;

        int agreed = 0;
        for (int attempt = 0; attempt < Attempts && agreed < Points; attempt++)
        {
            Complex first = LatexValue.At(a, attempt), second = LatexValue.At(b, attempt);
            bool hasFirst = Complex.IsFinite(first), hasSecond = Complex.IsFinite(second);
            if (hasFirst != hasSecond) return false;
            if (!hasFirst) continue;
            if (Complex.Abs(first - second) > Tolerance * Math.Max(1e-12, Math.Max(Complex.Abs(first), Complex.Abs(second)))) return false;
            agreed++;
        }

        return agreed == Points;
    }
}
