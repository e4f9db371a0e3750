using System.Numerics;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>A parsed answer: a number or formula, or a collection of answers.</summary>
internal abstract record LatexNode
{
    /// <summary>An exact rational number.</summary>
    internal sealed record Number(BigInteger Numerator, BigInteger Denominator) : LatexNode;

    /// <summary>A named value: a variable, or one of the constants pi, e and i.</summary>
    internal sealed record Symbol(string Name) : LatexNode;

    /// <summary>An operation or function of formulas, such as <c>+</c>, <c>^</c> or <c>sin</c>.</summary>
    internal sealed record Operation(string Name, IReadOnlyList<LatexNode> Operands) : LatexNode;

    /// <summary>Answers in brackets: a tuple, a point, an interval (both brackets are kept), a set or a list.</summary>
    /// <param name="Open">Opening bracket, empty for a bare list.</param>
    /// <param name="Close">Closing bracket, empty for a bare list.</param>
    /// <param name="Items">What stands between the commas.</param>
    /// <param name="Ordered">Whether the order of the items matters: not in sets, bare lists and unions.</param>
    internal sealed record Collection(string Open, string Close, IReadOnlyList<LatexNode> Items, bool Ordered) : LatexNode;

    /// <summary>A matrix or column vector, by rows.</summary>
    internal sealed record Matrix(IReadOnlyList<IReadOnlyList<LatexNode>> Rows) : LatexNode;

    /// <summary>An equation; a variable set equal to a value counts as the value.</summary>
    internal sealed record Equation(LatexNode Left, LatexNode Right) : LatexNode;
}
