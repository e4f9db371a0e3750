using System.Diagnostics;
using System.Text;
using Puna.Engine.Constraints.Matching;
using Puna.Engine.Sampling;
using Puna.Tokenizers;

namespace Puna.Engine.Constraints;

/// <summary>
/// Tries a constraint without a model: feeds it texts token by token, or draws tokens at random from those it allows, and times
/// its masks. Not for several threads at once.
/// </summary>
public sealed class ConstraintProbe(Tokenizer tokenizer)
{
    private readonly List<double> _microseconds = [];

    /// <summary>Time of every mask made so far, in microseconds.</summary>
    public IReadOnlyList<double> MaskMicroseconds => _microseconds;

    /// <summary>Feeds a text's own tokens, each checked against the mask before it; true when all are allowed and the text may end there.</summary>
    public bool Accepts(Constraint constraint, ReadOnlySpan<byte> utf8)
    {
        ConstraintState state = constraint.Start(tokenizer, tokenizer.VocabSize);
        foreach (int id in tokenizer.EncodeUtf8(utf8, addBos: false))
        {
            bool allowed = MaskBits.Contains(Mask(state), id);
            if (state.TryAccept(id) != allowed) throw new InvalidOperationException($"Mask and automaton disagree on token {id}.");
            if (!allowed) return false;
        }

        return state.CanEnd;
    }

    /// <summary>
    /// Draws tokens, all allowed ones alike likely, until the text is complete. After <paramref name="freeTokens"/> tokens it takes
    /// the shortest way to the end.
    /// </summary>
    /// <returns>The text, or null if no end was found.</returns>
    public string? Sample(Constraint constraint, ref Xoshiro256 random, int freeTokens = 200)
    {
        ConstraintState state = constraint.Start(tokenizer, tokenizer.VocabSize);
        List<byte> text = [];
        for (int drawn = 0; drawn < freeTokens && !state.IsComplete; drawn++)
        {
            int id = Draw(Mask(state), ref random);
            if (id < 0) return null;
            if (!state.TryAccept(id)) throw new InvalidOperationException($"Mask and automaton disagree on token {id}.");
            if (state.HasEnded) return Encoding.UTF8.GetString([.. text]);
            text.AddRange(tokenizer.GetTokenBytes(id));
        }

        lock (state.Matcher.Lock)
        {
            if (FindEnd(state.Matcher.Automaton, state.State) is not { } rest) return null;
            text.AddRange(rest);
        }

        return Encoding.UTF8.GetString([.. text]);
    }

    /// <summary>Bytes of a short way to the end, or null if a search of reasonable length finds none.</summary>
    private static List<byte>? FindEnd(Automaton automaton, MatchState start)
    {
        const int MaxExpanded = 100_000;
        Dictionary<MatchState, (MatchState From, byte By, int Length)> reached = new() { [start] = (start, 0, 0) };
        PriorityQueue<MatchState, (long Estimate, int Left)> open = new([(start, (0, 0))]);
        for (int expanded = 0; expanded < MaxExpanded && open.TryDequeue(out MatchState? at, out _); expanded++)
        {
            if (at.CanEnd)
            {
                List<byte> way = [];
                for (MatchState s = at; s != start; s = reached[s].From) way.Add(reached[s].By);
                way.Reverse();
                return way;
            }

            int length = reached[at].Length + 1;
            for (int b = 0; b < 256; b++)
            {
                MatchState next = automaton.Next(at, (byte)b);
                if (next.IsDead || !reached.TryAdd(next, (at, (byte)b, length))) continue;
                open.Enqueue(next, ((long)length + next.MinBytes, next.MinBytes));
            }
        }

        return null;
    }

    private ReadOnlySpan<ulong> Mask(ConstraintState state)
    {
        long start = Stopwatch.GetTimestamp();
        ReadOnlySpan<ulong> mask = state.AllowedTokens();
        _microseconds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        return mask;
    }

    /// <summary>One of the ids of a mask, -1 for an empty one.</summary>
    private static int Draw(ReadOnlySpan<ulong> mask, ref Xoshiro256 random)
    {
        int count = 0;
        foreach (ulong word in mask) count += System.Numerics.BitOperations.PopCount(word);
        if (count == 0) return -1;

        int left = Math.Min(count - 1, (int)(random.NextUnit() * count));
        for (int w = 0; ; w++)
        {
            int here = System.Numerics.BitOperations.PopCount(mask[w]);
            if (left >= here)
            {
                left -= here;
                continue;
            }

            ulong bits = mask[w];
            for (; left > 0; left--) bits &= bits - 1;
            return (w * 64) + System.Numerics.BitOperations.TrailingZeroCount(bits);
        }
    }
}
