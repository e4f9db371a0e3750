using System.Runtime.InteropServices;
using Puna.Engine.Constraints.Automata;
using Puna.Engine.Constraints.Matching;

namespace Puna.Engine.Constraints.Grammars;

/// <summary>Fewest bytes from the states of a grammar to the ends of their rules.</summary>
internal static class GrammarLengths
{
    /// <summary>
    /// Finds them all. A length is final when it is the least of those that wait, since a way is never shorter than what it leads to
    /// (Knuth's form of Dijkstra's algorithm), so that each way is looked at twice at most and not once a round.
    /// </summary>
    internal static void Find(List<GrammarState> states)
    {
        Dictionary<GrammarState, List<(GrammarState From, object? Form, GrammarState Target)>> users = [];
        PriorityQueue<GrammarState, int> waiting = new();
        foreach (GrammarState state in states)
        {
            foreach ((object? form, GrammarState target) in state.Ways)
            {
                Use(target, (state, form, target));
                if (InnerOf(form) is { } inner) Use(inner.Start, (state, form, target));
            }
        }

        foreach (GrammarState state in states.Where(s => s.IsEnd)) Shorten(state, 0);
        while (waiting.TryDequeue(out GrammarState? state, out int bytes))
        {
            if (bytes > state.MinBytes || !users.TryGetValue(state, out var ways)) continue;
            foreach ((GrammarState from, object? form, GrammarState target) in ways) Shorten(from, ObjectForm.Sum(BytesOf(form), target.MinBytes));
        }

        void Use(GrammarState used, (GrammarState, object?, GrammarState) way) => (CollectionsMarshal.GetValueRefOrAddDefault(users, used, out _) ??= []).Add(way);

        void Shorten(GrammarState state, int bytes)
        {
            if (bytes >= state.MinBytes) return;
            state.MinBytes = bytes;
            waiting.Enqueue(state, bytes);
        }
    }

    /// <summary>Takes off the ways that reach no end.</summary>
    internal static void RemoveDeadWays(List<GrammarState> states)
    {
        foreach (GrammarState state in states) state.Ways.RemoveAll(way => BytesOf(way.Form) == Dfa.Unbounded || way.Target.MinBytes == Dfa.Unbounded);
    }

    /// <summary>The rule that a form reads, or null for text and for nothing.</summary>
    internal static GrammarRule? InnerOf(object? form) => form as GrammarRule ?? (form as GrammarRepeat)?.Inner;

    /// <summary>Fewest bytes of a form, once the lengths are found.</summary>
    internal static int BytesOf(object? form) => form switch
    {
        TextForm text => text.MinBytes,
        GrammarRule rule => rule.Start.MinBytes,
        GrammarRepeat { Least: 0 } => 0,
        GrammarRepeat repeat => repeat.Inner.Start.MinBytes == Dfa.Unbounded ? Dfa.Unbounded : (int)Math.Min(Dfa.Unbounded - 1L, (long)repeat.Least * repeat.Inner.Start.MinBytes),
        _ => 0,
    };
}
