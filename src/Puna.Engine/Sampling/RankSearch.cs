using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Engine.Sampling;

/// <summary>
/// Finds the token at which the running sum of weights, in order of rank, reaches a target, on a row of which too many tokens
/// count to gather them. A few passes with several bounds at a time narrow the logit down; what lies above is then summed,
/// and only the tokens around the place are gathered and ranked.
/// </summary>
/// <remarks>
/// The passes only choose where to look. The sum that decides is in double precision over the same float32 weights as
/// <see cref="Selection"/> uses, so both find the same token.
/// </remarks>
internal sealed class RankSearch(int vocabSize)
{
    private const int Lanes = 16, Bounds = 6, MaxPasses = 8, FewEnough = 3000;

    /// <summary>The passes sum in float32: their sums are trusted to this.</summary>
    private const double Margin = 1e-3;

    private readonly float[] _weights = GC.AllocateUninitializedArray<float>(vocabSize);
    private readonly float[] _bounds = new float[Bounds];
    private readonly double[] _masses = new double[Bounds];
    private readonly int[] _counts = new int[Bounds];

    /// <summary>Computes the weights e^((x - reference) / T) that the searches use, and returns their sum over <paramref name="part"/>.</summary>
    public double Weigh(ReadOnlySpan<float> logits, RankCut part, float reference, float inverseTemperature)
    {
        ref float row = ref MemoryMarshal.GetReference(logits), weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        Vector512<float> lowest = Vector512.Create(part.Logit);
        Vector512<double> mass = Vector512<double>.Zero;
        double few = 0;
        int i = 0;
        for (; i <= logits.Length - Lanes; i += Lanes)
        {
            Vector512<float> x = Vector512.LoadUnsafe(ref row, (nuint)i);
            Vector512<float> d = Vector512.MinNative((x - Vector512.Create(reference)) * inverseTemperature, Vector512<float>.Zero);
            Vector512<float> w = ExpNonPositive.Vector(d);
            w.StoreUnsafe(ref weights, (nuint)i);
            Vector512<float> inside = w & Vector512.GreaterThan(x, lowest);
            mass += Vector512.WidenLower(inside) + Vector512.WidenUpper(inside);
            if (Vector512.EqualsAny(x, lowest)) few += SumOfTies(logits, part, i, i + Lanes);
        }

        for (int id = i; id < logits.Length; id++)
        {
            _weights[id] = ExpNonPositive.Scalar((logits[id] - reference) * inverseTemperature);
            if (logits[id] > part.Logit) few += _weights[id];
        }

        return Vector512.Sum(mass) + few + SumOfTies(logits, part, i, logits.Length);
    }

    /// <summary>Tokens whose logit is at least <paramref name="low"/>.</summary>
    public static int CountFrom(ReadOnlySpan<float> logits, float low)
    {
        ref float row = ref MemoryMarshal.GetReference(logits);
        Vector512<int> counts = Vector512<int>.Zero;
        int i = 0;
        for (; i <= logits.Length - Lanes; i += Lanes)
            counts -= Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref row, (nuint)i), Vector512.Create(low)).AsInt32(); // a true lane is -1

        int count = Vector512.Sum(counts);
        foreach (float x in logits[i..]) count += x >= low ? 1 : 0;
        return count;
    }

    /// <summary>The last token of the shortest leading part of <paramref name="part"/> whose weights reach <paramref name="target"/>; the last of all if none does.</summary>
    /// <param name="logits">The row of which <see cref="Weigh"/> made the weights.</param>
    /// <param name="max">Its largest logit.</param>
    /// <param name="part">Tokens that count; at least one.</param>
    /// <param name="target">Sum to reach.</param>
    /// <param name="scratch">Room for every token of the row; overwritten.</param>
    public RankCut Find(ReadOnlySpan<float> logits, float max, RankCut part, double target, Span<Candidate> scratch)
    {
        (float low, float above) = Narrow(logits, max, part.Logit, target);
        double before = above < float.PositiveInfinity ? SumFrom(logits, above) : 0;
        if (before >= target) (before, above) = (0, float.PositiveInfinity);

        while (true)
        {
            Span<Candidate> around = Gather(logits, part, low, above, scratch);
            int count = Selection.Prefix(around, target - before, 1);
            bool reached = before + Selection.Mass(around[..count]) >= target;
            if (around.Length > 0 && (reached || low == part.Logit)) return new RankCut(around[count - 1].Logit, around[count - 1].Id);
            if (low == part.Logit) (before, above) = (0, float.PositiveInfinity); // the target is past the end: the last token, wherever it is
            low = part.Logit;
        }
    }

    /// <summary>
    /// Bounds such that the tokens from <c>Above</c> on surely weigh less than the target and those from <c>Low</c> on surely
    /// reach it, few tokens apart.
    /// </summary>
    private (float Low, float Above) Narrow(ReadOnlySpan<float> logits, float max, float lowest, double target)
    {
        float low = lowest, above = float.PositiveInfinity;
        int countAbove = 0;
        for (int pass = 0; pass < MaxPasses; pass++)
        {
            float top = MathF.Min(above, max);
            for (int b = 0; b < Bounds; b++)
            {
                float bound = pass == 0 ? max - (0.5f * (1 << b)) : top + ((low - top) * ((b + 1f) / (Bounds + 1)));
                _bounds[b] = MathF.Max(bound, lowest); // the first pass looks at powers of two below the maximum, to 16
            }

            SumFromBounds(logits);
            int countLow = int.MaxValue;
            for (int b = 0; b < Bounds; b++)
            {
                if (_masses[b] < target * (1 - Margin))
                {
                    if (_bounds[b] < above) (above, countAbove) = (_bounds[b], _counts[b]);
                }
                else if (_masses[b] > target * (1 + Margin) && _bounds[b] > low)
                {
                    (low, countLow) = (_bounds[b], _counts[b]);
                }
            }

            if (countLow == int.MaxValue && pass > 0 && low == lowest) break; // as narrow as the bounds can tell
            if (countLow != int.MaxValue && countLow - countAbove <= FewEnough) break;
            if (float.IsInfinity(low - top)) break;
        }

        return (low, above);
    }

    /// <summary>Sums the weights, and counts the tokens, from each of the bounds on.</summary>
    private void SumFromBounds(ReadOnlySpan<float> logits)
    {
        ref float row = ref MemoryMarshal.GetReference(logits), weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        Vector512<float> b0 = Vector512.Create(_bounds[0]), b1 = Vector512.Create(_bounds[1]), b2 = Vector512.Create(_bounds[2]);
        Vector512<float> b3 = Vector512.Create(_bounds[3]), b4 = Vector512.Create(_bounds[4]), b5 = Vector512.Create(_bounds[5]);
        Vector512<float> m0 = default, m1 = default, m2 = default, m3 = default, m4 = default, m5 = default;
        Vector512<int> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default;
        int i = 0;
        for (; i <= logits.Length - Lanes; i += Lanes)
        {
            Vector512<float> x = Vector512.LoadUnsafe(ref row, (nuint)i), w = Vector512.LoadUnsafe(ref weights, (nuint)i);
            Add(x, w, b0, ref m0, ref c0);
            Add(x, w, b1, ref m1, ref c1);
            Add(x, w, b2, ref m2, ref c2);
            Add(x, w, b3, ref m3, ref c3);
            Add(x, w, b4, ref m4, ref c4);
            Add(x, w, b5, ref m5, ref c5);
        }

        (_masses[0], _masses[1], _masses[2]) = (Vector512.Sum(m0), Vector512.Sum(m1), Vector512.Sum(m2));
        (_masses[3], _masses[4], _masses[5]) = (Vector512.Sum(m3), Vector512.Sum(m4), Vector512.Sum(m5));
        (_counts[0], _counts[1], _counts[2]) = (Vector512.Sum(c0), Vector512.Sum(c1), Vector512.Sum(c2));
        (_counts[3], _counts[4], _counts[5]) = (Vector512.Sum(c3), Vector512.Sum(c4), Vector512.Sum(c5));
        for (; i < logits.Length; i++)
        {
            for (int b = 0; b < Bounds; b++)
            {
                if (!(logits[i] >= _bounds[b])) continue;
                _masses[b] += _weights[i];
                _counts[b]++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector512<float> x, Vector512<float> w, Vector512<float> bound, ref Vector512<float> mass, ref Vector512<int> count)
    {
        Vector512<float> inside = Vector512.GreaterThanOrEqual(x, bound);
        mass += w & inside;
        count -= inside.AsInt32(); // a true lane is -1
    }

    /// <summary>Sum of the weights of the tokens from a bound on, in double precision.</summary>
    private double SumFrom(ReadOnlySpan<float> logits, float bound)
    {
        ref float row = ref MemoryMarshal.GetReference(logits), weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        Vector512<double> mass = Vector512<double>.Zero;
        int i = 0;
        for (; i <= logits.Length - Lanes; i += Lanes)
        {
            Vector512<float> inside = Vector512.LoadUnsafe(ref weights, (nuint)i) & Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref row, (nuint)i), Vector512.Create(bound));
            mass += Vector512.WidenLower(inside) + Vector512.WidenUpper(inside);
        }

        double sum = Vector512.Sum(mass);
        for (; i < logits.Length; i++) sum += logits[i] >= bound ? _weights[i] : 0;
        return sum;
    }

    /// <summary>The tokens of the part with low ≤ x &lt; above, by id.</summary>
    private Span<Candidate> Gather(ReadOnlySpan<float> logits, RankCut part, float low, float above, Span<Candidate> scratch)
    {
        ref float row = ref MemoryMarshal.GetReference(logits);
        Vector512<float> lows = Vector512.Create(low), aboves = Vector512.Create(above);
        int count = 0, i = 0;
        for (; i <= logits.Length - Lanes; i += Lanes)
        {
            Vector512<float> x = Vector512.LoadUnsafe(ref row, (nuint)i);
            ulong hits = (Vector512.GreaterThanOrEqual(x, lows) & Vector512.LessThan(x, aboves)).ExtractMostSignificantBits();
            for (; hits != 0; hits &= hits - 1)
            {
                int id = i + BitOperations.TrailingZeroCount(hits);
                if (part.Contains(id, logits[id])) scratch[count++] = new Candidate(id, logits[id], logits[id], _weights[id]);
            }
        }

        for (int id = i; id < logits.Length; id++)
        {
            if (logits[id] >= low && logits[id] < above && part.Contains(id, logits[id])) scratch[count++] = new Candidate(id, logits[id], logits[id], _weights[id]);
        }

        return scratch[..count];
    }

    private double SumOfTies(ReadOnlySpan<float> logits, RankCut part, int first, int end)
    {
        double sum = 0;
        for (int id = first; id < end; id++) sum += logits[id] == part.Logit && id <= part.Id ? _weights[id] : 0;
        return sum;
    }
}
