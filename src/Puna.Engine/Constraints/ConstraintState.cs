using Puna.Engine.Constraints.Matching;
using Puna.Tokenizers;

namespace Puna.Engine.Constraints;

/// <summary>
/// How far one sequence has come in a <see cref="Constraint"/>: says which tokens may follow, and takes the one that was chosen. One
/// per sequence; not for several threads at once, but states of one constraint may be used side by side.
/// </summary>
public sealed class ConstraintState
{
    private readonly Matcher _matcher;
    private readonly Tokenizer _tokenizer;
    private readonly ulong[]? _padded; // where the model has more ids than the tokenizer
    private MatchState _state;
    private int _generation;

    internal ConstraintState(Matcher matcher, Tokenizer tokenizer, int vocabSize)
    {
        (_matcher, _tokenizer) = (matcher, tokenizer);
        int words = Sampling.TokenMask.WordCount(vocabSize);
        _padded = words == matcher.Trie.MaskWords ? null : new ulong[words];
        lock (matcher.Lock) (_state, _generation) = (matcher.Automaton.Start, matcher.Automaton.Generation);
    }

    private ConstraintState(ConstraintState other)
    {
        (_matcher, _tokenizer, _state, _generation, HasEnded) = (other._matcher, other._tokenizer, other._state, other._generation, other.HasEnded);
        _padded = other._padded is null ? null : new ulong[other._padded.Length];
    }

    /// <summary>Whether the text may end here.</summary>
    public bool CanEnd => _state.CanEnd;

    /// <summary>Whether the text is complete and nothing may follow but its end.</summary>
    public bool IsComplete => _state.CanEnd && _state.Nodes.Length == 0;

    /// <summary>Whether a token that ends the text was taken.</summary>
    public bool HasEnded { get; private set; }

    internal MatchState State => _state;

    internal Matcher Matcher => _matcher;

    /// <summary>Tokens that may follow, as bits: id i is bit i % 64 of word i / 64. Those that end generation are among them where the text may end.</summary>
    /// <returns>As many words as the vocabulary takes; holds until the next call.</returns>
    /// <exception cref="ConstraintException">The text can be read in too many ways at once.</exception>
    public ReadOnlySpan<ulong> AllowedTokens()
    {
        ulong[] mask;
        lock (_matcher.Lock)
        {
            Refresh();
            mask = _matcher.Masks.MaskOf(_state);
        }

        if (_padded is null) return mask;
        mask.AsSpan(0, Math.Min(mask.Length, _padded.Length)).CopyTo(_padded);
        return _padded;
    }

    /// <summary>Whether a token may follow; the same answer as <see cref="AllowedTokens"/> gives.</summary>
    public bool IsAllowed(int id)
    {
        if (HasEnded || (uint)id >= (uint)_tokenizer.VocabSize) return false;
        if (_tokenizer.IsEndOfGeneration(id)) return CanEnd;
        ReadOnlySpan<byte> bytes = _tokenizer.GetTokenBytes(id);
        if (_tokenizer.IsSpecial(id) || bytes.IsEmpty) return false;

        lock (_matcher.Lock)
        {
            Refresh();
            return !_matcher.Next(_state, bytes).IsDead;
        }
    }

    /// <summary>Takes a token; false, and nothing changes, when it may not follow.</summary>
    public bool TryAccept(int id)
    {
        if (HasEnded || (uint)id >= (uint)_tokenizer.VocabSize) return false;
        if (_tokenizer.IsEndOfGeneration(id))
        {
            HasEnded = CanEnd;
            return HasEnded;
        }

        ReadOnlySpan<byte> bytes = _tokenizer.GetTokenBytes(id);
        if (_tokenizer.IsSpecial(id) || bytes.IsEmpty) return false;

        lock (_matcher.Lock)
        {
            Refresh();
            MatchState next = _matcher.Next(_state, bytes);
            if (next.IsDead) return false;
            _state = next;
            return true;
        }
    }

    /// <summary>
    /// Tokens that must follow because the form leaves only one text: the tokenizer's own for it, but for the last, which may yet
    /// join with what comes after. Where nothing or little is forced there are none. They are not taken: call <see cref="TryAccept"/> with each.
    /// </summary>
    /// <param name="tokens">Receives the ids.</param>
    public void FindForced(List<int> tokens)
    {
        const int MaxBytes = 512;
        ArgumentNullException.ThrowIfNull(tokens);
        if (HasEnded) return;

        Span<byte> text = stackalloc byte[MaxBytes];
        int length = 0;
        lock (_matcher.Lock)
        {
            Refresh();
            MatchState state = _state;
            while (length < MaxBytes && !state.CanEnd && _matcher.Automaton.TryGetOnly(state, out byte b, out MatchState next))
            {
                text[length++] = b;
                state = next;
            }
        }

        if (length < 2) return;

        int start = tokens.Count;
        _tokenizer.EncodeUtf8(text[..length], addBos: false, parseSpecial: false, tokens);
        tokens.RemoveAt(tokens.Count - 1);
        int at = 0;
        for (int i = start; i < tokens.Count; i++)
        {
            ReadOnlySpan<byte> bytes = _tokenizer.IsSpecial(tokens[i]) ? default : _tokenizer.GetTokenBytes(tokens[i]);
            if (bytes.IsEmpty || !text[at..length].StartsWith(bytes))
            {
                tokens.RemoveRange(start, tokens.Count - start); // a vocabulary that spells text otherwise than it stands, such as with a space in front
                return;
            }

            at += bytes.Length;
        }
    }

    /// <summary>A state at the same place, for a fork of the sequence.</summary>
    public ConstraintState Clone() => new(this);

    private void Refresh()
    {
        _matcher.Masks.Trim();
        _matcher.Automaton.Trim();
        if (_generation == _matcher.Automaton.Generation) return;
        _state = _matcher.Automaton.Adopt(_state);
        _generation = _matcher.Automaton.Generation;
    }
}
