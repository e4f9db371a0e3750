namespace Puna.Engine.Sampling;

/// <summary>
/// The filters and the draw, from top-k on. The first active filter sees the whole row but only gathers the tokens it could keep; from
/// there on each filter narrows that set. Every filter renormalizes what the one before left, so all of them see probabilities.
/// </summary>
internal sealed class FilterChain(SamplingOptions options, int vocabSize)
{
    // A radius search ends at this many tokens: selecting among them is cheaper than one more pass.
    private const int FewEnough = 2048;

    // Without min-p a row counts as flat by the tokens within this distance of the best, e^-8 of its probability.
    private const float ManyWithin = 8;

    private readonly float _inverseTemperature = options.Temperature == 0 ? 0 : MathF.Min(1 / options.Temperature, float.MaxValue);
    private readonly int _topK = options.TopK < vocabSize ? options.TopK : 0;
    private Candidate[]? _candidates;
    private RankSearch? _search;

    /// <summary>Room for every token of the row; made at first use, then kept.</summary>
    public Span<Candidate> Scratch => _candidates ??= GC.AllocateUninitializedArray<Candidate>(vocabSize);

    private bool FiltersRow => _topK > 0 || options.UsesTypicalP || options.UsesTopP || options.UsesMinP;

    /// <summary>Chooses a token of an adjusted row with at least one finite logit.</summary>
    public int Draw(ReadOnlySpan<float> logits, LogitBlocks blocks, ref Xoshiro256 random)
    {
        if (options.IsArgMax) return blocks.ArgMax(logits);
        return TryDrawFromMany(logits, blocks, ref random) ?? DrawFromFew(logits, blocks, ref random);
    }

    /// <summary>Gathers what the filters can keep, and ranks it.</summary>
    internal int DrawFromFew(ReadOnlySpan<float> logits, LogitBlocks blocks, ref Xoshiro256 random) =>
        FiltersRow
            ? DrawFromSet(RemoveTopChoices(Filter(logits, blocks), ref random), ref random)
            : DrawFromRow(logits, blocks, ref random);

    /// <summary>
    /// Top-p, min-p and the draw on a row of which too many tokens may be kept to gather them; null when few are, or when a filter is
    /// active that needs the set. Finds the same token as the other way.
    /// </summary>
    internal int? TryDrawFromMany(ReadOnlySpan<float> logits, LogitBlocks blocks, ref Xoshiro256 random)
    {
        if (_topK > 0 || options.UsesTypicalP || options.UsesXtc || options.Temperature == 0 || options.MinKeep > 1) return null;
        float lowest = options.UsesMinP ? MinPBound(blocks) : Below(blocks.Max - ManyWithin);
        if (RankSearch.CountFrom(logits, lowest) <= FewEnough) return null;

        RankSearch search = _search ??= new RankSearch(vocabSize);
        RankCut kept = RankCut.All;
        if (options.UsesTopP)
        {
            search.Weigh(logits, RankCut.All, blocks.Max, 1f);
            kept = search.Find(logits, blocks.Max, kept, options.TopP * blocks.SumRow(logits).Mass, Scratch);
        }

        if (options.UsesMinP)
        {
            if (MinPCut(logits, blocks, lowest) is not { } likely) return null;
            if (likely.Logit > kept.Logit || (likely.Logit == kept.Logit && likely.Id < kept.Id)) kept = likely;
        }

        double total = search.Weigh(logits, kept, blocks.Max, _inverseTemperature);
        if (!FiltersRow) total = _inverseTemperature == 1f ? blocks.SumRow(logits).Mass : blocks.Sum(logits, float.MinValue, float.MaxValue, blocks.Max, _inverseTemperature).Mass;
        return search.Find(logits, blocks.Max, kept, random.NextUnit() * total, Scratch).Id;
    }

    /// <summary>The last token that min-p keeps; null if rounding of the weights lets a token go that ranks before one that stays.</summary>
    private RankCut? MinPCut(ReadOnlySpan<float> logits, LogitBlocks blocks, float lowest)
    {
        float high = (2 * (blocks.Max + MathF.Log(options.MinP))) - lowest; // as far above the bound as lowest is below it
        if (!(lowest < high && high < blocks.Max)) return null;

        Span<Candidate> near = Gather(logits, blocks, new LogitRange(lowest, high));
        near.Sort(Candidate.Order);
        int kept = 0;
        while (kept < near.Length && near[kept].Weight >= options.MinP) kept++;
        foreach (ref readonly Candidate candidate in near[kept..])
        {
            if (candidate.Weight >= options.MinP) return null;
        }

        return kept > 0 ? new RankCut(near[kept - 1].Logit, near[kept - 1].Id) : new RankCut(MathF.BitIncrement(high), int.MaxValue);
    }

    /// <summary>Top-k, typical-p, top-p and min-p, as far as they are active. The result is in no particular order.</summary>
    internal Span<Candidate> Filter(ReadOnlySpan<float> logits, LogitBlocks blocks)
    {
        Span<Candidate> kept;
        if (_topK > 0)
        {
            kept = Gather(logits, blocks, new LogitRange(blocks.ReachedBy(_topK, Scratch), float.MaxValue));
            kept = Selection.Best(kept, _topK);
            if (options.UsesTypicalP) kept = KeepTypical(kept, SumOf(kept, blocks.Max), blocks.Max);
            if (options.UsesTopP) kept = KeepTopP(kept, Selection.Mass(kept));
        }
        else if (options.UsesTypicalP)
        {
            RangeSum all = blocks.SumRow(logits);
            float center = TypicalLogit(all, blocks.Max);
            LogitRange range = FindRange(logits, blocks, center, float.MaxValue, blocks.Max, 1f, options.TypicalP * all.Mass, options.MinKeep);
            kept = KeepTypical(Gather(logits, blocks, range), all, blocks.Max);
            if (options.UsesTopP) kept = KeepTopP(kept, Selection.Mass(kept));
        }
        else
        {
            // Top-p and min-p keep leading parts of one order, so the bound of min-p, which costs nothing, serves top-p too.
            double total = options.UsesTopP ? blocks.SumRow(logits).Mass : 0;
            float low = float.MinValue;
            if (options.UsesMinP) low = MinPBound(blocks);
            else if (options.UsesTopP) low = FindRange(logits, blocks, blocks.Max, float.MaxValue, blocks.Max, 1f, options.TopP * total, options.MinKeep).Low;

            kept = Gather(logits, blocks, new LogitRange(low, float.MaxValue));
            if (options.UsesTopP) kept = KeepTopP(kept, total);
        }

        return options.UsesMinP ? KeepMinP(kept) : kept;
    }

    /// <summary>Nothing but XTC and temperature: the set is the whole row, so only the part around the drawn place is gathered.</summary>
    private int DrawFromRow(ReadOnlySpan<float> logits, LogitBlocks blocks, ref Xoshiro256 random)
    {
        float high = float.MaxValue, reference = blocks.Max;
        int highId = -1, removedTies = 0;
        if (options.UsesXtc && random.NextUnit() < options.XtcProbability)
        {
            double least = options.XtcThreshold * blocks.SumRow(logits).Mass;
            float low = least > 0 ? Below(blocks.Max + (float)Math.Log(least)) : float.MinValue;
            Span<Candidate> top = KeepFrom(Gather(logits, blocks, new LogitRange(low, float.MaxValue)), least);
            if (top.Length > 1 && blocks.SumRow(logits).Count - (top.Length - 1) >= options.MinKeep)
            {
                Candidate last = Selection.Best(top, top.Length)[^1];
                (high, highId, reference) = (last.Logit, last.Id, last.Logit);
                foreach (ref readonly Candidate candidate in top) removedTies += candidate.Logit == high && candidate.Id < highId ? 1 : 0;
            }
        }

        if (options.Temperature == 0) return highId >= 0 ? highId : blocks.ArgMax(logits);

        // A removed token equal to the reference weighs e^0 = 1 in the sums over the row.
        bool wholeRow = highId < 0 && _inverseTemperature == 1f;
        double total = wholeRow ? blocks.SumRow(logits).Mass : blocks.Sum(logits, float.MinValue, high, reference, _inverseTemperature).Mass - removedTies;
        double target = random.NextUnit() * total;
        LogitRange range = FindRange(logits, blocks, reference, high, reference, _inverseTemperature, target + removedTies, removedTies + 1);
        Span<Candidate> near = Scratch[..blocks.Collect(logits, range.Low, range.High, reference, _inverseTemperature, Scratch)];
        if (removedTies > 0) near = WithoutTies(near, high, highId);
        return near[Selection.Prefix(near, target, 1) - 1].Id;
    }

    private int DrawFromSet(Span<Candidate> kept, ref Xoshiro256 random)
    {
        if (options.Temperature == 0) return Selection.Best(kept, 1)[0].Id;

        float reference = float.NegativeInfinity;
        foreach (ref readonly Candidate candidate in kept) reference = MathF.Max(reference, candidate.Logit);
        foreach (ref Candidate candidate in kept) candidate.Weight = ExpNonPositive.Scalar((candidate.Logit - reference) * _inverseTemperature);
        return kept[Selection.Prefix(kept, random.NextUnit() * Selection.Mass(kept), 1) - 1].Id;
    }

    /// <summary>XTC on a gathered set.</summary>
    private Span<Candidate> RemoveTopChoices(Span<Candidate> kept, ref Xoshiro256 random)
    {
        if (!options.UsesXtc || random.NextUnit() >= options.XtcProbability) return kept;

        int top = KeepFrom(kept, options.XtcThreshold * Selection.Mass(kept)).Length;
        return top > 1 && kept.Length - (top - 1) >= options.MinKeep ? kept[(Selection.Prefix(kept, 0, top) - 1)..] : kept;
    }

    private Span<Candidate> KeepTopP(Span<Candidate> kept, double total) =>
        kept[..Selection.Prefix(kept, options.TopP * total, options.MinKeep)];

    private Span<Candidate> KeepTypical(Span<Candidate> kept, RangeSum all, float reference)
    {
        float center = TypicalLogit(all, reference);
        foreach (ref Candidate candidate in kept) candidate.Key = -MathF.Abs(candidate.Logit - center);
        kept = kept[..Selection.Prefix(kept, options.TypicalP * all.Mass, options.MinKeep)];
        foreach (ref Candidate candidate in kept) candidate.Key = candidate.Logit;
        return kept;
    }

    private Span<Candidate> KeepMinP(Span<Candidate> kept)
    {
        float largest = 0;
        foreach (ref readonly Candidate candidate in kept) largest = MathF.Max(largest, candidate.Weight);
        Span<Candidate> likely = KeepFrom(kept, (double)options.MinP * largest);
        return likely.Length >= options.MinKeep ? likely : Selection.Best(kept, options.MinKeep);
    }

    /// <summary>
    /// Moves the candidates of at least this weight to the front and returns them; the rest stands behind them.
    /// </summary>
    private static Span<Candidate> KeepFrom(Span<Candidate> candidates, double leastWeight)
    {
        int count = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            if (!(candidates[i].Weight >= leastWeight)) continue;

            (candidates[i], candidates[count]) = (candidates[count], candidates[i]);
            count++;
        }

        return candidates[..count];
    }

    private static Span<Candidate> WithoutTies(Span<Candidate> candidates, float logit, int lowestId)
    {
        int count = 0;
        foreach (Candidate candidate in candidates)
        {
            if (candidate.Logit != logit || candidate.Id >= lowestId) candidates[count++] = candidate;
        }

        return candidates[..count];
    }

    /// <summary>
    /// The logit whose surprise is the entropy. With d = x - reference and Z the mass, -ln p = ln Z - d and H = ln Z - moment / Z,
    /// so the distance of a surprise from the entropy is the distance of x from reference + moment / Z.
    /// </summary>
    private static float TypicalLogit(RangeSum all, float reference) => (float)(reference + (all.Moment / all.Mass));

    /// <summary>Lowest logit min-p could keep, allowing for MinKeep.</summary>
    private float MinPBound(LogitBlocks blocks)
    {
        float low = Below(blocks.Max + MathF.Log(options.MinP));
        return options.MinKeep == 1 ? low : MathF.Min(low, blocks.ReachedBy(options.MinKeep, Scratch));
    }

    /// <summary>Widens a lower bound past the rounding of its logarithm: what it gathers is checked exactly afterwards.</summary>
    private static float Below(float bound) => MathF.Max(bound - 1e-4f - (1e-6f * MathF.Abs(bound)), float.MinValue);

    /// <summary>
    /// A range around <paramref name="center"/>, cut off at <paramref name="ceiling"/>, with at least the asked mass and count; as narrow as a few
    /// passes find it.
    /// </summary>
    private static LogitRange FindRange(ReadOnlySpan<float> logits, LogitBlocks blocks, float center, float ceiling, float reference,
        float inverseTemperature, double targetMass, int minCount)
    {
        LogitRange Around(float radius) => new(MathF.Max(center - radius, float.MinValue), MathF.Min(center + radius, ceiling));

        float inner = 0, outer = 2;
        RangeSum sum;
        for (; ; inner = outer, outer *= 2)
        {
            if (outer > 128) return new LogitRange(float.MinValue, ceiling);
            LogitRange range = Around(outer);
            sum = blocks.Sum(logits, range.Low, range.High, reference, inverseTemperature);
            if (sum.Mass >= targetMass && sum.Count >= minCount) break;
        }

        for (int i = 0; i < 5 && sum.Count > FewEnough; i++)
        {
            float middle = (inner + outer) / 2;
            LogitRange range = Around(middle);
            RangeSum smaller = blocks.Sum(logits, range.Low, range.High, reference, inverseTemperature);
            if (smaller.Mass >= targetMass && smaller.Count >= minCount)
                (outer, sum) = (middle, smaller);
            else
                inner = middle;
        }

        return Around(outer);
    }

    private Span<Candidate> Gather(ReadOnlySpan<float> logits, LogitBlocks blocks, LogitRange range) =>
        Scratch[..blocks.Collect(logits, range.Low, range.High, blocks.Max, 1f, Scratch)];

    private static RangeSum SumOf(ReadOnlySpan<Candidate> candidates, float reference)
    {
        double mass = 0, moment = 0;
        foreach (ref readonly Candidate candidate in candidates)
        {
            mass += candidate.Weight;
            moment += candidate.Weight * (double)MathF.Max(candidate.Logit - reference, ExpNonPositive.Smallest);
        }

        return new RangeSum(mass, moment, candidates.Length);
    }
}
