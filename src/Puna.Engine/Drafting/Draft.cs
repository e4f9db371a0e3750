using Puna.Engine.Constraints;
using Puna.Tokenizers;

namespace Puna.Engine.Drafting;

/// <summary>
/// The tokens guessed for one sequence in one step, and how many to guess: more while they turn out right, fewer and then for
/// a while none where they do not, since every wrong one costs a row of the batch.
/// </summary>
internal sealed class Draft
{
    private const int PoorInARow = 3;     // drafts of which less than half was right, until there are none for a while
    private const int LongestPause = 128; // steps

    private readonly Tokenizer _tokenizer;
    private readonly int[] _tokens;
    private ConstraintState? _form; // where the text with the draft stands in the form that it must have
    private bool _endsAtEnd;
    private int _length;
    private int _poor;
    private int _pause;
    private bool _stopped;

    /// <param name="most">Most tokens of a draft.</param>
    /// <param name="tokenizer">Says which tokens end a text: none is guessed, as nothing follows it.</param>
    internal Draft(int most, Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _tokens = new int[most];
        _length = most;
    }

    /// <summary>Most tokens to guess in this step.</summary>
    internal int Wanted { get; private set; }

    /// <summary>Tokens guessed.</summary>
    internal int Count { get; private set; }

    /// <summary>How many of them the batch at hand has rows for.</summary>
    internal int Rows { get; set; }

    /// <summary>The tokens guessed.</summary>
    internal ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);

    /// <summary>Begins a step's draft.</summary>
    /// <param name="room">Tokens that the sequence may still have beside the one that is chosen without a draft; none where it is not decoding.</param>
    /// <param name="form">Where its text stands in its form, or null.</param>
    /// <param name="endsAtEnd">Tokens that end a text end it.</param>
    internal void Begin(int room, ConstraintState? form, bool endsAtEnd)
    {
        Count = Rows = Wanted = 0;
        _form = null;
        if (_stopped || room <= 0 || _pause-- > 0) return;

        _pause = 0;
        Wanted = Math.Min(_length, room);
        _form = form?.Clone();
        _endsAtEnd = endsAtEnd;
    }

    /// <summary>Tokens that may follow the draft, as bits; empty for all.</summary>
    /// <exception cref="ConstraintException">The text can be read in too many ways at once.</exception>
    internal ReadOnlySpan<ulong> AllowedTokens() => _form is null ? default : _form.AllowedTokens();

    /// <summary>Adds a token; false where the draft ends before it.</summary>
    /// <exception cref="ConstraintException">The text can be read in too many ways at once.</exception>
    internal bool TryAdd(int id)
    {
        if (Count == Wanted || (_endsAtEnd && _tokenizer.IsEndOfGeneration(id)) || _form?.TryAccept(id) == false) return false;

        _tokens[Count++] = id;
        return true;
    }

    /// <summary>No more drafts for this sequence.</summary>
    internal void Stop() => _stopped = true;

    /// <summary>Learns from what was chosen.</summary>
    /// <param name="tokens">All tokens of the sequence.</param>
    /// <param name="begin">Where among them the draft began.</param>
    /// <returns>Drafted tokens that were chosen.</returns>
    internal int Settle(IReadOnlyList<int> tokens, int begin)
    {
        int right = 0;
        while (right < Rows && begin + right < tokens.Count && tokens[begin + right] == _tokens[right]) right++;

        _length = right == Rows ? Math.Min(_tokens.Length, Math.Max(_length, 2 * Rows)) : right + 1;
        _poor = 2 * right >= Rows ? 0 : _poor + 1;
        if (_poor >= PoorInARow) _pause = Math.Min(LongestPause, 1 << _poor);
        return right;
    }
}
