using System.Text.Json.Nodes;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Tests.Evaluation.Runs;

public sealed class ShotDrawTests
{
    private static readonly EvaluationItem[] Pool = [.. Enumerable.Range(0, 200).Select(i => new EvaluationItem($"shot/{i}", "", new JsonObject()))];

    [Fact]
    public void Question_and_seed_alone_decide_and_no_example_comes_twice()
    {
        string[] drawn = Ids("q1", seed: 0);

        Assert.Equal(5, drawn.Distinct().Count());
        Assert.Equal(drawn, Ids("q1", seed: 0));
        Assert.NotEqual(drawn, Ids("q2", seed: 0));
        Assert.NotEqual(drawn, Ids("q1", seed: 1));
    }

    [Fact]
    public void Every_example_is_drawn_as_often_as_any_other()
    {
        int[] counts = new int[Pool.Length];
        for (int q = 0; q < 8000; q++)
        {
            foreach (string id in Ids($"q{q}", seed: 0)) counts[int.Parse(id["shot/".Length..])]++;
        }

        // 200 each is expected, with a deviation of 14.
        Assert.All(counts, count => Assert.InRange(count, 130, 270));
    }

    [Fact]
    public void A_small_pool_gives_all_it_has() => Assert.Equal(3, ShotDraw.Of("q", Pool[..3], 5, 0).Distinct().Count());

    [Fact]
    public void The_recipe_of_gsm8k_draws_and_shows_the_seed()
    {
        EvaluationTask task = EvaluationTasks.Find("lmeval/gsm8k");
        PreparedRun first = PreparedRun.Of(task, new RunSettings()), second = PreparedRun.Of(task, new RunSettings { Seed = 7 });

        Assert.NotEqual(first.PromptHashes, second.PromptHashes);
        Assert.Equal("lmeval/gsm8k[smoke]", first.Label);
        Assert.Equal("lmeval/gsm8k[smoke,seed=7]", second.Label);
        Assert.Equal(7, (int)RunManifest.Of(second, new FakeModel((_, _) => FakeModel.Text(""))).Identity["data"]!["seed"]!);
    }

    private static string[] Ids(string question, int seed) => [.. ShotDraw.Of(question, Pool, 5, seed).Select(shot => shot.Id)];
}
