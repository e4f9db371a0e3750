using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Engine.Sampling;

/// <summary>
/// Passes over a whole row of logits. <see cref="Build"/> notes the maximum of every block of 64; the other passes then skip the
/// blocks that hold nothing in their range, so they touch little of a peaked row.
/// </summary>
internal sealed class LogitBlocks(int vocabSize)
{
    private const int BlockLength = 64;

    private readonly float[] _maxima = new float[(vocabSize + BlockLength - 1) / BlockLength];
    private RangeSum? _row;

    /// <summary>Largest logit of the row last built.</summary>
    public float Max { get; private set; }

    /// <summary>Reads a row, [vocabSize]. The caller passes the same row to the other methods until the next call.</summary>
    /// <exception cref="InvalidLogitsException">A logit is NaN or positive infinity.</exception>
    public void Build(ReadOnlySpan<float> logits)
    {
        _row = null;
        ref float row = ref MemoryMarshal.GetReference(logits);
        Vector256<float> valid = Vector256<float>.AllBitsSet, limit = Vector256.Create(float.MaxValue), max = Vector256.Create(float.NegativeInfinity);
        int whole = logits.Length / BlockLength;
        for (int block = 0; block < whole; block++)
        {
            Vector256<float> blockMax = Vector256.Create(float.NegativeInfinity);
            for (int i = block * BlockLength; i < (block + 1) * BlockLength; i += Vector256<float>.Count)
            {
                Vector256<float> x = Vector256.LoadUnsafe(ref row, (nuint)i);
                valid &= Vector256.LessThanOrEqual(x, limit); // false for NaN as for infinity
                blockMax = Vector256.MaxNative(blockMax, x);
            }

            max = Vector256.MaxNative(max, blockMax);
            _maxima[block] = Largest(blockMax);
        }

        float tail = float.NegativeInfinity;
        bool tailValid = true;
        foreach (float x in logits[(whole * BlockLength)..])
        {
            tailValid &= x <= float.MaxValue;
            tail = MathF.Max(tail, x);
        }

        if (whole < _maxima.Length) _maxima[whole] = tail;
        Max = MathF.Max(Largest(max), tail);
        if (!tailValid || valid.AsInt32() != Vector256<int>.AllBitsSet) ThrowInvalid(logits);
    }

    /// <summary>Lowest id among the largest logits.</summary>
    public int ArgMax(ReadOnlySpan<float> logits)
    {
        int block = _maxima.AsSpan().IndexOf(Max);
        return (block * BlockLength) + logits[(block * BlockLength)..].IndexOf(Max);
    }

    /// <summary><see cref="Sum"/> over all finite logits at temperature 1, relative to <see cref="Max"/>; computed once per row.</summary>
    public RangeSum SumRow(ReadOnlySpan<float> logits) => _row ??= Sum(logits, float.MinValue, float.MaxValue, Max, 1f);

    /// <summary>
    /// Sums over the logits x of [low, high] the weight w = e^d and w * d, with d = (x - reference) * inverseTemperature. The reference
    /// is at least the largest logit of the range, so d is at most 0.
    /// </summary>
    public RangeSum Sum(ReadOnlySpan<float> logits, float low, float high, float reference, float inverseTemperature)
    {
        ref float row = ref MemoryMarshal.GetReference(logits);
        Vector256<double> mass = Vector256<double>.Zero, moment = Vector256<double>.Zero;
        Vector256<int> counts = Vector256<int>.Zero;
        int whole = logits.Length / BlockLength;
        for (int block = 0; block < whole; block++)
        {
            if (_maxima[block] < low) continue;

            // Eight terms per lane in float32, then on in float64: the sum is good to a few roundings at any vocabulary. Two
            // sums take turns, so that one need not wait for the other.
            Vector256<float> evenMass = Vector256<float>.Zero, evenMoment = Vector256<float>.Zero;
            Vector256<float> oddMass = Vector256<float>.Zero, oddMoment = Vector256<float>.Zero;
            for (int i = block * BlockLength; i < (block + 1) * BlockLength; i += 2 * Vector256<float>.Count)
            {
                Vector256<float> even = Vector256.LoadUnsafe(ref row, (nuint)i);
                Vector256<float> odd = Vector256.LoadUnsafe(ref row, (nuint)(i + Vector256<float>.Count));
                Vector256<float> evenInside = Inside(even, low, high), oddInside = Inside(odd, low, high);
                if ((evenInside | oddInside).AsInt32() == Vector256<int>.Zero) continue; // most of a block, where the range is the top of a row

                Add(even, evenInside, reference, inverseTemperature, ref evenMass, ref evenMoment);
                Add(odd, oddInside, reference, inverseTemperature, ref oddMass, ref oddMoment);
                counts -= evenInside.AsInt32() + oddInside.AsInt32(); // a true lane is -1
            }

            Vector256<float> blockMass = evenMass + oddMass, blockMoment = evenMoment + oddMoment;
            mass += Vector256.WidenLower(blockMass) + Vector256.WidenUpper(blockMass);
            moment += Vector256.WidenLower(blockMoment) + Vector256.WidenUpper(blockMoment);
        }

        double massSum = InOrder(mass), momentSum = InOrder(moment);
        int count = Vector256.Sum(counts);
        foreach (float x in logits[(whole * BlockLength)..])
        {
            if (!(x >= low && x <= high)) continue;

            float d = (x - reference) * inverseTemperature;
            float w = ExpNonPositive.Scalar(d);
            massSum += w;
            momentSum += w * (double)MathF.Max(d, ExpNonPositive.Smallest);
            count++;
        }

        return new RangeSum(massSum, momentSum, count);
    }

    /// <summary>Writes the tokens whose logit lies in [low, high], by id, with their weights as in <see cref="Sum"/>; returns how many.</summary>
    public int Collect(ReadOnlySpan<float> logits, float low, float high, float reference, float inverseTemperature, Span<Candidate> into)
    {
        ref float row = ref MemoryMarshal.GetReference(logits);
        int count = 0, whole = logits.Length / BlockLength;
        for (int block = 0; block < whole; block++)
        {
            if (_maxima[block] < low) continue;

            for (int i = block * BlockLength; i < (block + 1) * BlockLength; i += Vector256<float>.Count)
            {
                uint hits = Inside(Vector256.LoadUnsafe(ref row, (nuint)i), low, high).ExtractMostSignificantBits();
                for (; hits != 0; hits &= hits - 1)
                {
                    int id = i + BitOperations.TrailingZeroCount(hits);
                    into[count++] = Weigh(id, logits[id], reference, inverseTemperature);
                }
            }
        }

        for (int id = whole * BlockLength; id < logits.Length; id++)
        {
            if (logits[id] >= low && logits[id] <= high) into[count++] = Weigh(id, logits[id], reference, inverseTemperature);
        }

        return count;
    }

    /// <summary>
    /// A logit that at least <paramref name="count"/> tokens reach: the count-th largest block maximum, since each of those blocks has one such
    /// token; the least finite number if there are fewer blocks.
    /// </summary>
    /// <param name="count">Tokens wanted, at least 1.</param>
    /// <param name="scratch">Overwritten, [vocabSize].</param>
    public float ReachedBy(int count, Span<Candidate> scratch)
    {
        int blocks = 0;
        for (int block = 0; block < _maxima.Length; block++)
        {
            if (float.IsFinite(_maxima[block])) scratch[blocks++] = new Candidate(block, 0, _maxima[block], 0);
        }

        return blocks < count ? float.MinValue : Selection.Best(scratch[..blocks], count)[^1].Key;
    }

    private static Candidate Weigh(int id, float logit, float reference, float inverseTemperature) =>
        new(id, logit, logit, ExpNonPositive.Scalar((logit - reference) * inverseTemperature));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<float> x, Vector256<float> inside, float reference, float inverseTemperature, ref Vector256<float> mass, ref Vector256<float> moment)
    {
        Vector256<float> d = Vector256.MinNative((x - Vector256.Create(reference)) * inverseTemperature, Vector256<float>.Zero);
        Vector256<float> w = ExpNonPositive.Vector(d) & inside;
        mass += w;
        moment = Vector256.FusedMultiplyAdd(w, Vector256.MaxNative(d, Vector256.Create(ExpNonPositive.Smallest)), moment);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Inside(Vector256<float> x, float low, float high) =>
        Vector256.GreaterThanOrEqual(x, Vector256.Create(low)) & Vector256.LessThanOrEqual(x, Vector256.Create(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector256<float> x)
    {
        Vector128<float> four = Vector128.MaxNative(x.GetLower(), x.GetUpper());
        Vector128<float> two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    private static double InOrder(Vector256<double> x) => ((x[0] + x[1]) + x[2]) + x[3];

    private static void ThrowInvalid(ReadOnlySpan<float> logits)
    {
        int id = 0;
        while (logits[id] <= float.MaxValue) id++;
        throw new InvalidLogitsException(id, logits[id]);
    }
}
