namespace Puna.Engine.Constraints.Grammars;

/// <summary>Rules that reach themselves before reading anything, which would be read for ever.</summary>
internal static class LeftRecursion
{
    /// <summary>Name of such a rule, or null; the lengths must be found already, as what has none is passed without reading.</summary>
    internal static string? Find(List<GrammarRule> rules)
    {
        HashSet<GrammarRule> done = [];
        foreach (GrammarRule first in rules)
        {
            if (done.Contains(first)) continue;
            HashSet<GrammarRule> open = [first];
            Stack<(GrammarRule Rule, Queue<GrammarRule> Begun)> path = new([(first, BegunBy(first))]);
            while (path.TryPeek(out (GrammarRule Rule, Queue<GrammarRule> Begun) top))
            {
                if (!top.Begun.TryDequeue(out GrammarRule? next))
                {
                    open.Remove(top.Rule);
                    done.Add(top.Rule);
                    path.Pop();
                }
                else if (open.Contains(next))
                {
                    return path.Select(p => p.Rule.Name).Prepend(next.Name).FirstOrDefault(n => n.Length > 0) ?? "root";
                }
                else if (!done.Contains(next))
                {
                    open.Add(next);
                    path.Push((next, BegunBy(next)));
                }
            }
        }

        return null;
    }

    /// <summary>The rules that are begun where a rule has read nothing.</summary>
    private static Queue<GrammarRule> BegunBy(GrammarRule rule)
    {
        Queue<GrammarRule> begun = new();
        HashSet<GrammarState> seen = [rule.Start];
        Queue<GrammarState> states = new([rule.Start]);
        while (states.TryDequeue(out GrammarState? state))
        {
            foreach ((object? form, GrammarState target) in state.Ways)
            {
                if (GrammarLengths.InnerOf(form) is { } inner) begun.Enqueue(inner);
                if (GrammarLengths.BytesOf(form) == 0 && seen.Add(target)) states.Enqueue(target);
            }
        }

        return begun;
    }
}
