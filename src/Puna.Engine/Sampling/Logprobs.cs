namespace Puna.Engine.Sampling;

/// <summary>Log-probabilities of a row: ln p = x - ln(sum of e^x), with the maximum taken out first so that nothing overflows.</summary>
internal static class Logprobs
{
    /// <summary>ln of the sum of e^x over the row, which <paramref name="blocks"/> was built from.</summary>
    public static double LogNormalizer(ReadOnlySpan<float> logits, LogitBlocks blocks) =>
        blocks.Max + Math.Log(blocks.SumRow(logits).Mass);

    /// <summary>Writes the most likely tokens, best first; returns how many have a probability above 0.</summary>
    public static int Top(ReadOnlySpan<float> logits, LogitBlocks blocks, double logNormalizer, Span<Candidate> scratch, Span<TokenLogprob> top)
    {
        float low = blocks.ReachedBy(top.Length, scratch);
        Span<Candidate> best = scratch[..blocks.Collect(logits, low, float.MaxValue, blocks.Max, 1f, scratch)];
        best = Selection.Best(best, top.Length);
        best.Sort(Candidate.Order);
        for (int i = 0; i < best.Length; i++) top[i] = new TokenLogprob(best[i].Id, (float)(best[i].Logit - logNormalizer));
        return best.Length;
    }
}
