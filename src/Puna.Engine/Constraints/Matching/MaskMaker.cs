namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// Finds the tokens that may follow a state, by walking the tree of tokens beside the automaton. Inside free text nearly all may: those
/// are taken at once, and only the others are walked, by their ends. Masks are kept with their states, up to a limit.
/// </summary>
internal sealed partial class MaskMaker
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

    /// <summary>Memory that kept masks take, about.</summary>
    internal long Bytes => (long)_withMasks.Count * _trie.MaskWords * sizeof(ulong);

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
        if (state.Text is not null && !Array.Exists(state.Nodes, static node => node.Form is TextForm { IsReduced: true }))
        {
            mask = WithoutRepetitions(state, MaskOf(_automaton.Untraced(state)));
        }
        else if (Representative(state) is { } same)
        {
            mask = MaskOf(same);
        }
        else
        {
            mask = new ulong[_trie.MaskWords];
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
        return count == node.Count ? null : _automaton.Only(state, _automaton.WithCount(node, count));
    }

    private void Fill(MatchState state, ulong[] mask)
    {
        if (state.Nodes.Length > 1 && Array.Exists(state.Nodes, IsBroad))
        {
            // Several readings: a token is allowed if one of them allows it.
            List<StackNode> narrow = [];
            foreach (StackNode node in state.Nodes)
            {
                if (IsBroad(node)) MaskBits.UnionWith(mask, MaskOf(_automaton.Only(state, node)));
                else narrow.Add(node);
            }

            if (narrow.Count > 0) MaskBits.UnionWith(mask, MaskOf(_automaton.Only(state, narrow)));
            return;
        }

        if (state.Loop == StringTokens.Plain && state.Nodes is [{ Partial: 0 } inside])
        {
            FillString(state, inside, mask);
            return;
        }

        LoopSet loop = default;
        if (state.Loop.AsciiCount >= BroadCharacters && state.LoopRoom > 0)
        {
            loop = state.Loop;
            _trie.TokensOf(loop).CopyTo(mask, 0);
            if (state.LoopRoom < _trie.MaxCharacters) MaskBits.IntersectWith(mask, _trie.TokensUpTo(state.LoopRoom));
        }
        else if (state.Nodes is [{ Kind: NodeKind.Key or NodeKind.Text, Phase: Phase.Inside, Partial: 0 }] && FillAlike(state, mask)) return;

        Walk(state, loop, mask);
    }

    /// <summary>Inside a string that takes any character: only how tokens end matters, and how many characters they have before that.</summary>
    private void FillString(MatchState state, StackNode node, ulong[] mask)
    {
        StringTokens strings = _trie.Strings;
        int room = state.LoopRoom, missing = 0;
        if (room > 0) strings.PlainTokens.CopyTo(mask, 0);
        if (room > 0 && room < _trie.MaxCharacters) MaskBits.IntersectWith(mask, _trie.TokensUpTo(room));

        MatchState closing = state;
        if (node.Form is TextForm { Counts: true } form)
        {
            WalkGroup(state, strings.WholeRest, mask, 0, int.MaxValue);
            missing = Math.Max(0, form.Least - node.Count);
            if (missing > room) return;
            if (missing > 0) closing = _automaton.Only(state, _automaton.WithCount(node, form.Least));
        }
        else
        {
            WalkGroup(state, strings.Rest, mask, 0, int.MaxValue);
        }

        WalkGroup(closing, strings.Closing, mask, missing, room);
    }

    /// <summary>Takes over the mask of the state that most first characters lead to, where they leave the same choices as in that state.</summary>
    private bool FillAlike(MatchState state, ulong[] mask)
    {
        MatchState next = _automaton.Next(state, (byte)'q');
        if (next.Loop != StringTokens.Plain || next.LoopRoom != Automata.Dfa.Unbounded || next.Nodes is not [{ Partial: 0, Form: ObjectForm or TextForm { Counts: false } }]) return false;

        MaskOf(next).CopyTo(mask, 0);
        for (int i = 0; i < _trie.NodeCount; i = _trie.Ends[i])
        {
            byte first = _trie.Labels[i];
            if (_automaton.Next(state, first) == _automaton.Next(next, first)) continue;

            MaskBits.Remove(mask, _trie.TokensBeginning(first));
            WalkBranch(state, i, _trie.Ends[i], default, mask);
        }

        return true;
    }

    private static bool IsBroad(StackNode node) =>
        node is { Kind: NodeKind.Text, Partial: 0, Phase: Phase.Inside } && ((TextForm)node.Form).Loops[node.State].AsciiCount >= BroadCharacters;

    /// <summary>Walks all branches but those that <paramref name="taken"/> settles already.</summary>
    private void Walk(MatchState start, LoopSet taken, ulong[] mask) => WalkBranch(start, 0, _trie.NodeCount, taken, mask);

    private void WalkBranch(MatchState start, int from, int to, LoopSet taken, ulong[] mask)
    {
        byte[] labels = _trie.Labels, depths = _trie.Depths;
        int[] ends = _trie.Ends, first = _trie.FirstTokens, tokens = _trie.Tokens;
        _path[0] = start;
        _plain[0] = taken != default;
        for (int i = from; i < to;)
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

    /// <summary>Walks some tokens, or their ends, and takes those with between least and most characters before.</summary>
    private void WalkGroup(MatchState start, TokenGroup group, ulong[] mask, int least, int most)
    {
        byte[] labels = group.Labels, depths = group.Depths, before = group.Before;
        int[] ends = group.Ends, first = group.FirstTokens, tokens = group.Tokens;
        _path[0] = start;
        for (int i = 0; i < labels.Length;)
        {
            MatchState next = _automaton.Next(_path[depths[i] - 1], labels[i]);
            if (next.IsDead)
            {
                i = ends[i];
                continue;
            }

            for (int t = first[i]; t < first[i + 1]; t++)
            {
                if (before[t] >= least && before[t] <= most) mask[tokens[t] >> 6] |= 1UL << (tokens[t] & 63);
            }

            _path[depths[i]] = next;
            i++;
        }
    }

    /// <summary>Whether a branch holds whole characters of a set only.</summary>
    private bool IsWithin(int node, LoopSet set) =>
        (_trie.BranchLow[node] & ~set.Low) == 0 && (_trie.BranchHigh[node] & ~set.High) == 0
        && (_trie.Branches[node] == BranchKind.None || (set.NonAscii && _trie.Branches[node] == BranchKind.NonAscii));

    private static bool IsBetweenCharacters(MatchState state) => state.Nodes is [{ Partial: 0 }];
}
