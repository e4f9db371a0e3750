using Puna.Demo;
using Puna.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Tests.Evaluation.Runs;

public sealed class RunEstimateTests
{
    [Theory]
    [InlineData("meta/mmlu-instruct-5shot")]
    [InlineData("lmeval/arc_easy")]
    public async Task Tokens_are_those_that_the_run_reads(string recipe)
    {
        using PunaModel model = PunaModel.Load(DemoModel.Path, new PunaModelOptions { MaxSequences = 4 });
        PunaModelUnderTest underTest = new(model, new PunaModelUnderTestOptions { Batch = 4 });
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find(recipe), new RunSettings());

        RunEstimate estimate = RunEstimate.Of(run, underTest);
        RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, underTest, folder: null, cancellationToken: TestContext.Current.CancellationToken);

        int scored = run.Requests.Sum(request => request.Continuations?.Sum(c => model.Tokenizer.Encode(c, addBos: false).Length) ?? 0);
        Assert.Equal(outcome.Summary.PromptTokens + scored, estimate.PromptTokens);
        Assert.True(estimate.IsExact);
        Assert.InRange(estimate.ComputedTokens, 1, estimate.PromptTokens - 1);
        Assert.Equal(run.Requests.Where(r => r.Continuations is null).Sum(r => (long)r.MaxTokens), estimate.MostWritten);
    }

    [Fact]
    public void Cost_and_time_follow_from_tokens()
    {
        RunEstimate estimate = new(10, 4000, 1000, 500, true);

        Assert.Equal(0.0045m, estimate.MostCost(1, 1));
        (TimeSpan least, TimeSpan most) = estimate.Time(new ModelSpeed(100, 10));
        Assert.Equal((11, 60), (least.TotalSeconds, most.TotalSeconds));
    }

    [Fact]
    public async Task Speed_counts_what_was_read_and_written()
    {
        int asked = 0;
        FakeModel model = new((_, request) =>
        {
            asked++;
            Thread.Sleep(2);
            return new ModelAnswer { PromptTokens = 100, CompletionTokens = request.MaxTokens };
        });

        ModelSpeed speed = await ModelSpeed.MeasureAsync(model, 5, TestContext.Current.CancellationToken);

        Assert.Equal(11, asked);
        Assert.InRange(speed.Read, 1, 100 * 500);
        Assert.InRange(speed.Write, 0.1, 8 * 500);
        Assert.InRange(speed.Read / speed.Write, 1, 200); // 100 read against 8 written in about the same time
    }

    [Fact]
    public void Plans_have_recipes_for_every_kind_of_model()
    {
        foreach (string plan in EvaluationPlan.Names)
        {
            foreach (ModelVariant variant in Enum.GetValues<ModelVariant>())
            {
                IReadOnlyList<PlannedTask> tasks = EvaluationPlan.Of(plan, variant);
                Assert.NotEmpty(tasks);
                Assert.All(tasks, planned => Assert.True(EvaluationPlan.Suits(planned.Task, variant), $"{plan}: {planned.Task.Name} for {variant}"));
            }
        }

        Assert.Contains("smoke, quant-check, full", Assert.Throws<EvaluationException>(() => EvaluationPlan.Of("all", ModelVariant.Base)).Message, StringComparison.Ordinal);
    }
}
