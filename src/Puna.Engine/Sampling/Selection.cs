using System.Numerics;

namespace Puna.Engine.Sampling;

/// <summary>
/// Finds where a running sum over ranked candidates crosses a target, without sorting them. Top-k (count), top-p, typical-p
/// and the draw itself are this one question.
/// </summary>
internal static class Selection
{
    private const int SortBelow = 24;

    /// <summary>
    /// Length n of the shortest leading part, by <see cref="Candidate.Precedes"/>, that has at least <paramref name="minCount"/>
    /// candidates and weights summing to at least <paramref name="targetMass"/>; all of them if none does. Afterwards the n best stand
    /// in front, unordered but for the last of them, which stands at n - 1.
    /// </summary>
    /// <remarks>Quickselect with weights: expected time is linear. After too many bad pivots the rest is sorted, so n log n at worst.</remarks>
    public static int Prefix(Span<Candidate> candidates, double targetMass, int minCount)
    {
        int first = 0, end = candidates.Length;
        double before = 0; // mass of candidates[..first], all of which belong to the answer
        for (int pivots = 4 * BitOperations.Log2((uint)end | 1); end - first > SortBelow && pivots > 0; pivots--)
        {
            int pivot = first + Partition(candidates[first..end]);
            double mass = before + Mass(candidates[first..pivot]);
            if (mass >= targetMass && pivot >= minCount && pivot > first)
            {
                end = pivot;
                continue;
            }

            mass += candidates[pivot].Weight;
            if (mass >= targetMass && pivot + 1 >= minCount) return pivot + 1;

            before = mass;
            first = pivot + 1;
        }

        candidates[first..end].Sort(Candidate.Order);
        for (int i = first; i < end; i++)
        {
            before += candidates[i].Weight;
            if (before >= targetMass && i + 1 >= minCount) return i + 1;
        }

        return end;
    }

    /// <summary>The <paramref name="count"/> best, or all if there are fewer; the last of them at the end.</summary>
    public static Span<Candidate> Best(Span<Candidate> candidates, int count) => candidates[..Prefix(candidates, 0, count)];

    /// <summary>Sum of the weights, in double precision.</summary>
    public static double Mass(ReadOnlySpan<Candidate> candidates)
    {
        double sum = 0;
        foreach (ref readonly Candidate candidate in candidates) sum += candidate.Weight;
        return sum;
    }

    /// <summary>Moves what precedes a pivot before it and returns the pivot's place.</summary>
    private static int Partition(Span<Candidate> range)
    {
        int last = range.Length - 1;
        int middle = MedianOfThree(range, 0, range.Length / 2, last);
        (range[middle], range[last]) = (range[last], range[middle]);

        Candidate pivot = range[last];
        int store = 0;
        for (int i = 0; i < last; i++)
        {
            // Always swap and sometimes step: the outcome is a coin toss that no branch predictor guesses.
            Candidate candidate = range[i];
            range[i] = range[store];
            range[store] = candidate;
            store += candidate.Precedes(pivot) ? 1 : 0;
        }

        (range[store], range[last]) = (range[last], range[store]);
        return store;
    }

    private static int MedianOfThree(ReadOnlySpan<Candidate> range, int a, int b, int c)
    {
        if (range[b].Precedes(range[a])) (a, b) = (b, a);
        if (range[c].Precedes(range[a])) return a;
        return range[c].Precedes(range[b]) ? c : b;
    }
}
