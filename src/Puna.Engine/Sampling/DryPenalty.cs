using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Engine.Sampling;

/// <summary>
/// The DRY penalty (<see cref="DryOptions"/>). For every position of the window it holds how many tokens ending there equal
/// the tokens ending the sequence; a new token updates all of them in one vectorized pass, a prompt sets them in linear time.
/// </summary>
internal sealed class DryPenalty
{
    private const double LargestPenalty = 1e30; // far below any logit, and still finite

    private readonly DryOptions _options;
    private readonly FrozenSet<int> _breakers;
    private readonly Dictionary<int, int> _longest; // next token -> longest match before it
    private readonly int _window;

    // Twice the window, so that old tokens are moved out once per window and the rest stays contiguous.
    private readonly int[] _tokens;

    // _matches[i]: tokens ending at i that equal the tokens ending the sequence; holds for all but the last _behind tokens.
    private readonly int[] _matches;
    private int _count, _behind;

    /// <param name="options">Strength, lengths and breakers; active.</param>
    /// <param name="vocabSize">Logits in a row.</param>
    /// <param name="maxTokens">Longest window, in tokens.</param>
    public DryPenalty(DryOptions options, int vocabSize, int maxTokens)
    {
        _options = options;
        _breakers = options.SequenceBreakers.ToFrozenSet();
        _window = options.LastN < 0 ? maxTokens : Math.Min(options.LastN, maxTokens);
        _longest = new Dictionary<int, int>(Math.Min(_window, vocabSize));
        _tokens = new int[2 * _window];
        _matches = new int[2 * _window];
    }

    private DryPenalty(DryPenalty other)
    {
        (_options, _breakers, _window) = (other._options, other._breakers, other._window);
        _longest = new Dictionary<int, int>(other._longest.Capacity);
        _tokens = (int[])other._tokens.Clone();
        _matches = (int[])other._matches.Clone();
        (_count, _behind) = (other._count, other._behind);
    }

    private int Start => Math.Max(0, _count - _window);

    public void Add(int id)
    {
        if (_count == _tokens.Length)
        {
            _tokens.AsSpan(_window).CopyTo(_tokens);
            _matches.AsSpan(_window).CopyTo(_matches);
            _count = _window;
        }

        _tokens[_count++] = id;
        _behind++;
    }

    /// <summary>Lowers the logits of the tokens that would go on with a repetition.</summary>
    public void Apply(Span<float> logits)
    {
        if (_behind == 1) Extend();
        else if (_behind > 1) Rebuild();
        _behind = 0;

        int allowed = _options.AllowedLength, start = Start;
        for (int i = start; i < _count - 1; i++)
        {
            int ahead = _matches.AsSpan(i, _count - 1 - i).IndexOfAnyInRange(allowed, int.MaxValue);
            if (ahead < 0) break;

            i += ahead;
            int length = Math.Min(_matches[i], i - start + 1); // what left the window does not count
            if (length < allowed || _breakers.Contains(_tokens[i + 1])) continue;

            ref int longest = ref CollectionsMarshal.GetValueRefOrAddDefault(_longest, _tokens[i + 1], out _);
            longest = Math.Max(longest, length);
        }

        foreach ((int id, int length) in _longest)
        {
            double penalty = _options.Multiplier * Power(_options.Base, length - allowed);
            logits[id] -= (float)Math.Min(penalty, LargestPenalty);
        }

        _longest.Clear();
    }

    public void Clear() => (_count, _behind) = (0, 0);

    public DryPenalty Clone() => new(this);

    /// <summary>By squaring: unlike the C library's pow, it rounds alike on every platform. May overflow to infinity.</summary>
    private static double Power(double x, int exponent)
    {
        double result = 1;
        for (; exponent > 0; exponent >>= 1, x *= x)
        {
            if ((exponent & 1) != 0) result *= x;
        }

        return result;
    }

    /// <summary>One token more: a match ending at i is the match that ended at i - 1, plus one, if token i equals the new token; else none.</summary>
    private void Extend()
    {
        int last = _tokens[_count - 1], start = Start, end = _count - 1;
        if (_breakers.Contains(last))
        {
            _matches.AsSpan(start, end - start).Clear();
            return;
        }

        // From the end, since position i reads what position i - 1 held before.
        int i = end;
        ref int tokens = ref MemoryMarshal.GetArrayDataReference(_tokens), matches = ref MemoryMarshal.GetArrayDataReference(_matches);
        Vector256<int> wanted = Vector256.Create(last);
        while (i - Vector256<int>.Count > start)
        {
            i -= Vector256<int>.Count;
            Vector256<int> longer = Vector256.LoadUnsafe(ref matches, (nuint)(i - 1)) + Vector256<int>.One;
            (longer & Vector256.Equals(Vector256.LoadUnsafe(ref tokens, (nuint)i), wanted)).StoreUnsafe(ref matches, (nuint)i);
        }

        while (--i >= start) _matches[i] = _tokens[i] != last ? 0 : i > start ? _matches[i - 1] + 1 : 1;
    }

    /// <summary>
    /// All matches anew. Read backwards, a match is a common prefix of the sequence and one of its suffixes: the Z-function
    /// (Gusfield 1997, section 1.4), linear in the window.
    /// </summary>
    private void Rebuild()
    {
        int start = Start, n = _count - start, end = _count - 1;
        int sinceBreaker = 0;
        while (sinceBreaker < n && !_breakers.Contains(_tokens[end - sinceBreaker])) sinceBreaker++;

        int left = 0, right = 0; // the furthest-reaching match found so far covers [left, right) of the reversed window
        for (int j = 1; j < n; j++)
        {
            int z = j < right ? Math.Min(right - j, _matches[end - (j - left)]) : 0;
            while (j + z < n && _tokens[end - z] == _tokens[end - j - z]) z++;
            if (j + z > right) (left, right) = (j, j + z);
            _matches[end - j] = z;
        }

        for (int i = start; i < end; i++) _matches[i] = Math.Min(_matches[i], sinceBreaker);
    }
}
