using Puna.Tokenizers;

namespace Puna.Engine.Constraints.Matching;

/// <summary>A program over one vocabulary: automaton and masks, shared by all sequences that use both. Callers take <see cref="Lock"/>.</summary>
internal sealed class Matcher
{
    internal Matcher(Program program, TokenTrie trie)
    {
        Trie = trie;
        Automaton = new Automaton(program);
        Masks = new MaskMaker(Automaton, trie);
    }

    internal Lock Lock { get; } = new();

    internal TokenTrie Trie { get; }

    internal Automaton Automaton { get; }

    internal MaskMaker Masks { get; }

    /// <summary>Memory that it takes, about; asked without the lock it may be a little behind.</summary>
    internal long Bytes => Automaton.Bytes + Masks.Bytes;

    /// <summary>The state after a token; dead when it is not allowed.</summary>
    internal MatchState Next(MatchState state, ReadOnlySpan<byte> token)
    {
        foreach (byte b in token)
        {
            state = Automaton.Next(state, b);
            if (state.IsDead) break;
        }

        return state;
    }
}
