using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class SelectionTests
{
    [Fact]
    public void Prefix_agrees_with_sorting_everything()
    {
        Random random = new(1);
        for (int round = 0; round < 2000; round++)
        {
            int n = random.Next(1, 400);
            Candidate[] candidates = new Candidate[n];
            // Whole weights, so that every order of summation is exact.
            for (int i = 0; i < n; i++) candidates[i] = new Candidate(i, 0, random.Next(1 + random.Next(50)), random.Next(5));
            random.Shuffle(candidates);
            Candidate[] sorted = [.. candidates.OrderByDescending(c => c.Key).ThenBy(c => c.Id)];
            double target = random.Next((int)Selection.Mass(candidates) + 2);
            int minCount = random.Next(1, n + 2);

            double sum = 0;
            int expected = 0;
            while (expected < n && (sum < target || expected < minCount)) sum += sorted[expected++].Weight;
            int actual = Selection.Prefix(candidates, target, minCount);

            Assert.Equal(expected, actual);
            Assert.Equal(sorted[..expected].Select(c => c.Id).Order(), candidates[..actual].Select(c => c.Id).Order());
            Assert.Equal(sorted[expected - 1], candidates[actual - 1]);
        }
    }

    [Fact]
    public void Nothing_to_select_from_gives_nothing() => Assert.Equal(0, Selection.Prefix([], 1, 1));

    [Theory]
    [InlineData("rising")]
    [InlineData("falling")]
    [InlineData("equal")]
    [InlineData("organ pipe")]
    public void Hostile_orders_do_not_take_quadratic_time(string order)
    {
        const int n = 100_000; // quadratic would be 1e10 steps
        Candidate[] candidates = new Candidate[n];
        for (int i = 0; i < n; i++)
        {
            float key = order switch { "rising" => i, "falling" => -i, "equal" => 0, _ => Math.Min(i, n - i) };
            candidates[i] = new Candidate(i, key, key, 1);
        }

        Assert.Equal(n / 2, Selection.Prefix(candidates, n / 2, 1));
    }
}
