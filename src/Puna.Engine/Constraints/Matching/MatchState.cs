namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// All readings of the text so far that can still be completed, each waiting for a byte: a state of a deterministic automaton that
/// is made as it is walked.
/// </summary>
internal sealed class MatchState
{
    private const int Bytes = 256;

    internal MatchState(StackNode[] nodes, bool canEnd, TextTrace? trace = null)
    {
        (Nodes, CanEnd, Text) = (nodes, canEnd, trace);
        MinBytes = canEnd ? 0 : Automata.Dfa.Unbounded;
        foreach (StackNode node in nodes) MinBytes = Math.Min(MinBytes, node.MinBytes);

        if (nodes is [{ Kind: NodeKind.Text, Partial: 0, Phase: Phase.Inside } text])
        {
            TextForm form = (TextForm)text.Form;
            Loop = form.Loops[text.State];
            LoopRoom = form.Most == Automata.Dfa.Unbounded ? Automata.Dfa.Unbounded : form.Most - text.Count - form.Dfa.Shortest(text.State);
        }
        else if (nodes is [{ Kind: NodeKind.Key, Partial: 0, Phase: Phase.Inside } key])
        {
            Loop = LoopSet.Of(((ObjectForm)key.Form).Keys.Loop(key.State), isQuoted: true);
            LoopRoom = Automata.Dfa.Unbounded;
        }
    }

    /// <summary>The readings, in order of their creation.</summary>
    internal StackNode[] Nodes { get; }

    /// <summary>Whether the text may end here.</summary>
    internal bool CanEnd { get; }

    /// <summary>What has been read, where it must be remembered.</summary>
    internal TextTrace? Text { get; }

    /// <summary>True when nothing can follow and the text cannot end.</summary>
    internal bool IsDead => Nodes.Length == 0 && !CanEnd;

    /// <summary>Fewest bytes to the end, about.</summary>
    internal int MinBytes { get; }

    /// <summary>Characters that change nothing but a count.</summary>
    internal LoopSet Loop { get; }

    /// <summary>How many of them may follow.</summary>
    internal int LoopRoom { get; }

    /// <summary>The same place with nothing remembered of the text, once made.</summary>
    internal MatchState? Untraced { get; set; }

    /// <summary>States after each byte, as far as known.</summary>
    internal MatchState?[]? Next { get; private set; }

    /// <summary>Tokens allowed here, once made.</summary>
    internal ulong[]? Mask { get; set; }

    internal void SetNext(byte b, MatchState state) => (Next ??= new MatchState?[Bytes])[b] = state;

    /// <summary>Compares the readings.</summary>
    internal sealed class Comparer : IEqualityComparer<MatchState>, IAlternateEqualityComparer<ReadOnlySpan<StackNode?>, MatchState>
    {
        public bool Equals(MatchState? x, MatchState? y) => x!.CanEnd == y!.CanEnd && ReferenceEquals(x.Text, y.Text) && x.Nodes.AsSpan().SequenceEqual(y.Nodes);

        public int GetHashCode(MatchState state) => Hash(state.Nodes, state.CanEnd);

        // The nodes, then null where the text may end.
        public bool Equals(ReadOnlySpan<StackNode?> alternate, MatchState other)
        {
            bool canEnd = alternate.Length > 0 && alternate[^1] is null;
            return canEnd == other.CanEnd && other.Text is null && alternate[..^(canEnd ? 1 : 0)].SequenceEqual(other.Nodes);
        }

        public int GetHashCode(ReadOnlySpan<StackNode?> alternate)
        {
            bool canEnd = alternate.Length > 0 && alternate[^1] is null;
            return Hash(alternate[..^(canEnd ? 1 : 0)], canEnd);
        }

        public MatchState Create(ReadOnlySpan<StackNode?> alternate)
        {
            bool canEnd = alternate.Length > 0 && alternate[^1] is null;
            return new MatchState([.. alternate[..^(canEnd ? 1 : 0)]!], canEnd);
        }

        private static int Hash(ReadOnlySpan<StackNode?> nodes, bool canEnd)
        {
            int hash = canEnd ? 1 : 0;
            foreach (StackNode? node in nodes) hash = (hash * 31) + node!.Serial;
            return hash;
        }
    }
}
