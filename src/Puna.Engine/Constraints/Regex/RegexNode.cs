using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Regex;

/// <summary>A part of a regular expression.</summary>
internal abstract record RegexNode
{
    internal sealed record Empty : RegexNode;

    /// <summary>One character of a set.</summary>
    internal sealed record Set(CodePointSet Characters) : RegexNode;

    internal sealed record Sequence(IReadOnlyList<RegexNode> Items) : RegexNode;

    internal sealed record Choice(IReadOnlyList<RegexNode> Items) : RegexNode;

    /// <summary>At least <paramref name="Least"/> and at most <paramref name="Most"/> times; null for no limit.</summary>
    internal sealed record Repeat(RegexNode Item, int Least, int? Most) : RegexNode;

    /// <summary><c>^</c>.</summary>
    internal sealed record Begin : RegexNode;

    /// <summary><c>$</c>.</summary>
    internal sealed record End : RegexNode;

    /// <summary>What follows must, or must not, begin so.</summary>
    internal sealed record LookAhead(RegexNode Item, bool Negative, int Position) : RegexNode;
}
