using Puna.Engine.Constraints;
using Puna.Engine.Scheduling;

namespace Puna.Engine.Drafting;

/// <summary>
/// Guesses that a text goes on as it did the last time its latest tokens stood in it, prompt included. Costs next to nothing and pays
/// where answers repeat what they were given: extraction, summaries, changed code.
/// </summary>
/// <remarks>Source: Saxena 2023, "Prompt lookup decoding", https://github.com/apoorvumang/prompt-lookup-decoding.</remarks>
internal sealed class PromptLookup : IDrafter
{
    private const int LongestMatch = 5;
    private const int ShortestMatch = 2;

    public long UsedBytes => 0;

    public long AllocatedBytes => 0;

    public void Propose(IReadOnlyList<Sequence> sequences)
    {
        foreach (Sequence sequence in sequences)
        {
            if (sequence.Draft is not { Wanted: > 0 } draft) continue;

            try
            {
                Propose(draft, sequence.TokenSpan);
            }
            catch (ConstraintException)
            {
                draft.Stop(); // if it holds for the text itself, too, choosing a token says so
            }
        }
    }

    public void Release(Sequence sequence)
    {
        // Nothing is kept of any.
    }

    public void Dispose()
    {
        // Nothing is held.
    }

    private static void Propose(Draft draft, ReadOnlySpan<int> tokens)
    {
        int from = Find(tokens);
        if (from < 0) return;

        // Behind the last token the draft copies itself, as a text does that repeats a phrase.
        for (int i = from; draft.TryAdd(i < tokens.Length ? tokens[i] : draft.Tokens[i - tokens.Length]); i++)
        {
        }
    }

    /// <summary>Where the text went on after the last occurrence of its end, as much of that as occurs; -1 where too little does.</summary>
    private static int Find(ReadOnlySpan<int> tokens)
    {
        for (int length = LongestMatch; length >= ShortestMatch; length--)
        {
            if (tokens.Length <= length) continue;

            int at = tokens[..^1].LastIndexOf(tokens[^length..]);
            if (at >= 0) return at + length;
        }

        return -1;
    }
}
