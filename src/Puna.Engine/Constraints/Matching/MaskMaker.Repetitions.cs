using System.Text;

namespace Puna.Engine.Constraints.Matching;

/// <content>Where values may not come again: takes out the tokens that would repeat one.</content>
internal sealed partial class MaskMaker
{
    private const ulong Quote = 1UL << '"';

    /// <param name="state">A state that remembers what was read.</param>
    /// <param name="all">Tokens that may follow when repetitions are not looked at.</param>
    private ulong[] WithoutRepetitions(MatchState state, ulong[] all)
    {
        ulong[] mask = all;
        if (MayRepeat(state))
        {
            mask = [.. all];
            RemoveRepetitions(state, mask);
            return mask;
        }

        // Only tokens that end two values at once could repeat one.
        foreach (int id in _trie.Repeating)
        {
            if (!MaskBits.Contains(mask, id) || IsAllowed(state, id)) continue;
            if (ReferenceEquals(mask, all)) mask = [.. all];
            mask[id >> 6] &= ~(1UL << (id & 63));
        }

        return mask;
    }

    /// <summary>Whether a value that is being read, or the next, may be one that has come; false only where that is certain.</summary>
    private static bool MayRepeat(MatchState state)
    {
        foreach (StackNode node in state.Nodes)
        {
            for (StackNode? at = node; at is { Traces: true }; at = at.Parent)
            {
                if (at.Values?.Items().Any() != true) continue;
                if (state.Nodes.Length > 1 || StringSoFar(state, node, at) is not { } text) return true;
                if (at.Values.Items().Any(value => value.StartsWith(text, StringComparison.Ordinal))) return true;
            }
        }

        return false;
    }

    /// <summary>What has been read of a string that is an item or key itself, behind a quotation mark; null where it is none or not spelled plainly.</summary>
    private static string? StringSoFar(MatchState state, StackNode top, StackNode holder)
    {
        bool isItem = top is { Kind: NodeKind.Text, Phase: Phase.Inside, Partial: 0, Form: TextForm { IsQuoted: true } } && ReferenceEquals(top.Parent, holder);
        bool isKey = top is { Kind: NodeKind.Key, Partial: 0 } && ReferenceEquals(top, holder);
        if (!isItem && !isKey) return null;

        byte[] bytes = state.Text!.BytesFrom(holder.From);
        return bytes.Contains((byte)'\\') ? null : Encoding.UTF8.GetString(bytes);
    }

    private bool IsAllowed(MatchState state, int id)
    {
        foreach (byte b in _trie.BytesOf(id))
        {
            state = _automaton.Next(state, b);
            if (state.IsDead) return false;
        }

        return true;
    }

    private void RemoveRepetitions(MatchState start, ulong[] mask)
    {
        byte[] labels = _trie.Labels, depths = _trie.Depths;
        int[] ends = _trie.Ends, first = _trie.FirstTokens, tokens = _trie.Tokens;
        _path[0] = start;
        for (int i = 0; i < labels.Length;)
        {
            int depth = depths[i];
            MatchState state = _path[depth - 1];
            bool isString = state.Nodes is [{ Phase: Phase.Inside, Form: ObjectForm or TextForm { IsQuoted: true } }];
            if (isString && (_trie.BranchLow[i] & Quote) == 0)
            {
                i = ends[i]; // the string goes on
                continue;
            }

            MatchState next = _automaton.Next(state, labels[i]);
            if (next.IsDead)
            {
                int end = ends[i];
                for (int t = first[i]; t < first[end]; t++) mask[tokens[t] >> 6] &= ~(1UL << (tokens[t] & 63));
                i = end;
                continue;
            }

            _path[depth] = next;
            i++;
        }
    }
}
