using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class RankSearchTests
{
    public static TheoryData<float, float, float> Chains =>
        new() { { 1f, 0f, 1f }, { 1f, 0f, 0.6f }, { 0.9f, 0f, 1f }, { 0.9f, 0f, 0.6f }, { 0.97f, 0.001f, 1.8f }, { 1f, 0.01f, 0.8f }, { 0.3f, 1e-4f, 0.3f }, { 0f, 0f, 1f } };

    [Theory, MemberData(nameof(Chains))]
    public void Flat_row_gives_the_token_that_gathering_all_of_it_gives(float topP, float minP, float temperature)
    {
        Random random = new(11);
        int many = 0;
        for (int round = 0; round < 60; round++)
        {
            float[] logits = Row(random, round);
            SamplingOptions options = new() { TopP = topP, MinP = minP, Temperature = temperature };
            FilterChain chain = new(options, logits.Length), gathering = new(options, logits.Length);
            LogitBlocks blocks = new(logits.Length);
            blocks.Build(logits);
            for (ulong seed = 0; seed < 5; seed++)
            {
                Xoshiro256 dice = new(seed), sameDice = new(seed);
                if (chain.TryDrawFromMany(logits, blocks, ref dice) is not { } id) continue;

                Assert.Equal(gathering.DrawFromFew(logits, blocks, ref sameDice), id);
                Assert.Equal(sameDice.NextUnit(), dice.NextUnit());
                many++;
            }
        }

        Assert.InRange(many, 100, 300); // the others were not flat enough
    }

    [Fact]
    public void A_target_past_the_end_is_the_last_token_and_a_target_of_nothing_the_first()
    {
        float[] logits = [.. Enumerable.Range(0, 9000).Select(i => (i * 7 % 9000) / 3000f)];
        RankSearch search = new(logits.Length);
        Candidate[] scratch = new Candidate[logits.Length];
        double total = search.Weigh(logits, RankCut.All, 3f, 1f);

        Assert.Equal(0f, search.Find(logits, logits.Max(), RankCut.All, total * 2, scratch).Logit);
        Assert.Equal(logits.Max(), search.Find(logits, logits.Max(), RankCut.All, 0, scratch).Logit);
        Assert.Equal(logits.Sum(x => Math.Exp(x - 3)), total, total * 1e-6);
    }

    private static float[] Row(Random random, int round)
    {
        float[] logits = new float[9000 + random.Next(5000)];
        for (int i = 0; i < logits.Length; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            logits[i] = (round % 6) switch
            {
                0 => (float)normal,
                1 => MathF.Round((float)normal * 4) / 4, // many ties
                2 => random.NextSingle() * 0.01f,
                3 => 5f,
                4 => i % 3 == 0 ? float.NegativeInfinity : (float)(normal * 2),
                _ => (float)(normal * 1e-3) + 80,
            };
        }

        return logits;
    }
}
