namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// Finds the tokens that may follow a state, by walking the tree of tokens beside the automaton. Inside free text nearly all may: there
/// the tokens made of characters that change nothing are taken at once, and only the others are walked. Masks are kept
/// with their states, up to a limit.
/// </summary>
internal sealed class MaskMaker
{
    private const int MaxMasks = 1000; // 25 KB each with Llama 4's vocabulary
    private const int BroadCharacters = 20;

    private readonly Automaton _automaton;
    private readonly TokenTrie _trie;
    private readonly MatchState[] _path;
    private readonly bool[] _plain; // the path so far is made of characters that change nothing
    private readonly List<MatchState> _withMasks = [];

    internal MaskMaker(Automaton automaton, TokenTrie trie)
    {
        (_automaton, _trie) = (automaton, trie);
        _path = new MatchState[trie.MaxBytes + 1];
        _plain = new bool[trie.MaxBytes + 1];
    }

    /// <summary>Masks made so far, for measurements.</summary>
    internal int Made { get; private set; }

    /// <summary>The tokens that may follow, those that end the text among them; the caller must not change it.</summary>
    internal ulong[] MaskOf(MatchState state) => state.Mask ?? Make(state);

    /// <summary>Drops what was kept, if it has grown too large.</summary>
    internal void Trim()
    {
        if (_withMasks.Count < MaxMasks) return;
        foreach (MatchState state in _withMasks) state.Mask = null;
        _withMasks.Clear();
    }

    private ulong[] Make(MatchState state)
    {
        ulong[] mask;
        if (Representative(state) is { } same)
        {
            mask = MaskOf(same);
        }
        else
        {
            mask = new ulong[_trie.MaskWords];
            Made++;
            Fill(state, mask);
            if (state.CanEnd)
            {
                foreach (int id in _trie.EndOfGeneration) mask[id >> 6] |= 1UL << (id & 63);
            }
        }

        state.Mask = mask;
        _withMasks.Add(state);
        return mask;
    }

    /// <summary>A state with the same choices for as long as any token is, or null.</summary>
    private MatchState? Representative(MatchState state)
    {
        if (state.CanEnd || state.Nodes is not [{ Kind: NodeKind.Text, Phase: Phase.Inside } node]) return null;

        int count = ((TextForm)node.Form).Representative(node.Count, _trie.MaxCharacters);
        return count == node.Count ? null : _automaton.Only(_automaton.WithCount(node, count));
    }

    private void Fill(MatchState state, ulong[] mask)
    {
        if (state.Nodes.Length > 1 && state.Nodes.Any(IsBroad))
        {
            // Several readings: a token is allowed if one of them allows it.
            List<StackNode> narrow = [];
            foreach (StackNode node in state.Nodes)
            {
                if (IsBroad(node)) MaskBits.UnionWith(mask, MaskOf(_automaton.Only(node)));
                else narrow.Add(node);
            }

            if (narrow.Count > 0) MaskBits.UnionWith(mask, MaskOf(_automaton.Only(narrow)));
            return;
        }

        LoopSet loop = default;
        if (state.Loop.AsciiCount >= BroadCharacters && state.LoopRoom > 0)
        {
            loop = state.Loop;
            _trie.TokensOf(loop).CopyTo(mask, 0);
            if (state.LoopRoom < _trie.MaxCharacters) MaskBits.IntersectWith(mask, _trie.TokensUpTo(state.LoopRoom));
        }

        Walk(state, loop, mask);
    }

    private bool IsBroad(StackNode node) =>
        node is { Kind: NodeKind.Text, Partial: 0, Phase: Phase.Inside } && ((TextForm)node.Form).Loops[node.State].AsciiCount >= BroadCharacters;

    /// <summary>Walks all branches but those that <paramref name="taken"/> settles already.</summary>
    private void Walk(MatchState start, LoopSet taken, ulong[] mask)
    {
        byte[] labels = _trie.Labels, depths = _trie.Depths;
        int[] ends = _trie.Ends, first = _trie.FirstTokens, tokens = _trie.Tokens;
        _path[0] = start;
        _plain[0] = taken != default;
        for (int i = 0; i < labels.Length;)
        {
            int depth = depths[i];
            MatchState state = _path[depth - 1];
            bool plain = _plain[depth - 1];
            if (plain && IsWithin(i, taken) && IsBetweenCharacters(state))
            {
                i = ends[i]; // taken, or too long
                continue;
            }

            if (state.LoopRoom >= _trie.MaxCharacters && IsWithin(i, state.Loop))
            {
                int end = ends[i];
                for (int t = first[i]; t < first[end]; t++) mask[tokens[t] >> 6] |= 1UL << (tokens[t] & 63);
                i = end;
                continue;
            }

            MatchState next = _automaton.Next(state, labels[i]);
            if (next.IsDead)
            {
                i = ends[i];
                continue;
            }

            for (int t = first[i]; t < first[i + 1]; t++) mask[tokens[t] >> 6] |= 1UL << (tokens[t] & 63);
            _path[depth] = next;
            _plain[depth] = plain && (labels[i] < 128 ? taken.Contains(labels[i]) : taken.NonAscii);
            i++;
        }
    }

    /// <summary>Whether a branch holds whole characters of a set only.</summary>
    private bool IsWithin(int node, LoopSet set) =>
        (_trie.BranchLow[node] & ~set.Low) == 0 && (_trie.BranchHigh[node] & ~set.High) == 0
        && (_trie.Branches[node] == BranchKind.None || (set.NonAscii && _trie.Branches[node] == BranchKind.NonAscii));

    private static bool IsBetweenCharacters(MatchState state) => state.Nodes is [{ Partial: 0 }];
}
