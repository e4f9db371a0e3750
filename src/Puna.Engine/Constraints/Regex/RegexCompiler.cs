using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Regex;

/// <summary>Makes the automaton of a regular expression.</summary>
internal static class RegexCompiler
{
    /// <summary>Strings in which the expression matches somewhere, as JSON Schema's <c>pattern</c> means it.</summary>
    /// <exception cref="RegexException">The expression cannot be used.</exception>
    internal static Dfa Search(string pattern) => Compile(pattern, whole: false);

    /// <summary>Strings that the expression matches from beginning to end.</summary>
    /// <exception cref="RegexException">The expression cannot be used.</exception>
    internal static Dfa Whole(string pattern) => Compile(pattern, whole: true);

    private static Dfa Compile(string pattern, bool whole)
    {
        RegexNode node = RegexParser.Parse(pattern);
        try
        {
            return Compile(node, searches: !whole, open: !whole);
        }
        catch (AutomatonLimitException limit)
        {
            throw new RegexException($"the expression is too large: {limit.Message}", 0);
        }
    }

    /// <param name="node">The expression.</param>
    /// <param name="searches">Anything may stand before the match.</param>
    /// <param name="open">Anything may follow the match.</param>
    private static Dfa Compile(RegexNode node, bool searches, bool open)
    {
        Nfa nfa = new();
        int start = nfa.AddState(), end = nfa.AddState();
        nfa.Accept(end);
        int first = start;
        if (searches)
        {
            // A state of its own before the loop, so that ^ can tell the beginning.
            int loop = nfa.AddState();
            nfa.AddFree(start, loop);
            nfa.AddMove(loop, CodePointSet.All, loop);
            first = loop;
        }

        if (open) nfa.AddMove(end, CodePointSet.All, end);
        Add(nfa, node, first, end, new Rest([], open));
        return nfa.Determinize(start);
    }

    /// <summary>Adds a part between two states.</summary>
    /// <param name="nfa">The automaton.</param>
    /// <param name="node">The part.</param>
    /// <param name="from">State before it.</param>
    /// <param name="to">State behind it.</param>
    /// <param name="rest">What follows up to the end of the text, or null inside a repetition.</param>
    private static void Add(Nfa nfa, RegexNode node, int from, int to, Rest? rest)
    {
        switch (node)
        {
            case RegexNode.Empty:
                nfa.AddFree(from, to);
                break;
            case RegexNode.Set set:
                nfa.AddMove(from, set.Characters, to);
                break;
            case RegexNode.Begin:
                nfa.AddFree(from, to, NfaMove.AtStart);
                break;
            case RegexNode.End:
                nfa.AddFree(from, to, NfaMove.AtEnd);
                break;
            case RegexNode.Choice choice:
                foreach (RegexNode item in choice.Items) Add(nfa, item, from, to, rest);
                break;
            case RegexNode.Sequence sequence:
                AddSequence(nfa, sequence.Items, from, to, rest);
                break;
            case RegexNode.Repeat repeat:
                AddRepeat(nfa, repeat, from, to);
                break;
            case RegexNode.LookAhead look:
                AddSequence(nfa, [look], from, to, rest);
                break;
        }
    }

    private static void AddSequence(Nfa nfa, IReadOnlyList<RegexNode> items, int from, int to, Rest? rest)
    {
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i] is RegexNode.LookAhead look)
            {
                AddLookAhead(nfa, look, [.. items.Skip(i + 1)], from, rest);
                return;
            }

            int next = i == items.Count - 1 ? to : nfa.AddState();
            Add(nfa, items[i], from, next, rest?.After(items.Skip(i + 1)));
            from = next;
        }

        if (items.Count == 0) nfa.AddFree(from, to);
    }

    /// <summary>
    /// From here to the end of the text both must hold: the rest of the expression, and what the look-ahead says. Both are automata,
    /// so their intersection is one, which takes the place of the rest.
    /// </summary>
    private static void AddLookAhead(Nfa nfa, RegexNode.LookAhead look, List<RegexNode> following, int from, Rest? rest)
    {
        if (rest is null) throw new RegexException("a look-ahead inside a repetition is not supported", look.Position);

        Rest after = rest.After(following);
        List<RegexNode> items = [.. after.Items];
        if (items.Any(HasBegin) || HasBegin(look.Item)) throw new RegexException("^ behind a look-ahead is not supported; write it first", look.Position);

        Dfa remainder = Compile(new RegexNode.Sequence(items), searches: false, after.Open);
        Dfa ahead = Compile(look.Item, searches: false, open: true);
        int end = nfa.AddState();
        nfa.Accept(end);
        nfa.Embed(look.Negative ? DfaAlgebra.Subtract(remainder, ahead) : DfaAlgebra.Intersect(remainder, ahead), from, end);
    }

    private static void AddRepeat(Nfa nfa, RegexNode.Repeat repeat, int from, int to)
    {
        for (int i = 0; i < repeat.Least; i++)
        {
            int next = nfa.AddState();
            Add(nfa, repeat.Item, from, next, null);
            from = next;
        }

        if (repeat.Most is null)
        {
            int loop = nfa.AddState();
            nfa.AddFree(from, loop);
            Add(nfa, repeat.Item, loop, loop, null);
            nfa.AddFree(loop, to);
            return;
        }

        for (int i = repeat.Least; i < repeat.Most; i++)
        {
            nfa.AddFree(from, to);
            int next = nfa.AddState();
            Add(nfa, repeat.Item, from, next, null);
            from = next;
        }

        nfa.AddFree(from, to);
    }

    private static bool HasBegin(RegexNode node) => node switch
    {
        RegexNode.Begin => true,
        RegexNode.Sequence sequence => sequence.Items.Any(HasBegin),
        RegexNode.Choice choice => choice.Items.Any(HasBegin),
        RegexNode.Repeat repeat => HasBegin(repeat.Item),
        RegexNode.LookAhead look => HasBegin(look.Item),
        _ => false,
    };

    /// <summary>What follows a part of an expression, up to the end of the text.</summary>
    private sealed record Rest(IReadOnlyList<RegexNode> Items, bool Open)
    {
        internal Rest After(IEnumerable<RegexNode> following) => new([.. following, .. Items], Open);
    }
}
