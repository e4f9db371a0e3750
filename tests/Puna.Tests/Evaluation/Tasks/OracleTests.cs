using System.Text.RegularExpressions;
using Puna.Evaluation;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Sandbox;
using Puna.Evaluation.Tasks;
using Puna.Evaluation.Tasks.Choices;

namespace Puna.Tests.Evaluation.Tasks;

/// <summary>Every recipe, asked of a model that knows, of one that always errs and of one that guesses.</summary>
public sealed class OracleTests
{
    public static TheoryData<string> Recipes => [.. EvaluationTasks.All.Select(task => task.Name)];

    public static TheoryData<string> RecipesToGuess => [.. EvaluationTasks.All.Where(task => TaskData.LoadSmoke(task).Items.All(item => task.Chance(item) is not null)).Select(task => task.Name)];

    [Theory, MemberData(nameof(Recipes))]
    public async Task Who_knows_the_answers_scores_everything(string name)
    {
        PreparedRun run = Prepare(name);
        await SkipWhereCodeCannotRun(run);

        RunSummary summary = await Score(run, (item, request, repeat) => Knowing(run.Task, item, request, repeat));

        Assert.Equal(1, summary.Metrics[0].Micro);
        Assert.Equal(1, summary.Metrics[0].Macro, 12);
        Assert.Equal(0, summary.Errors);
        Assert.Equal(0, summary.Unread);
    }

    [Theory, MemberData(nameof(Recipes))]
    public async Task Who_always_errs_scores_nothing(string name)
    {
        PreparedRun run = Prepare(name);
        await SkipWhereCodeCannotRun(run);

        RunSummary summary = await Score(run, (item, request, repeat) => Erring(run.Task, item, request, repeat));

        Assert.Equal(0, summary.Metrics[0].Micro);
    }

    [Theory, MemberData(nameof(RecipesToGuess))]
    public async Task Who_guesses_scores_chance(string name)
    {
        PreparedRun run = Prepare(name);
        Random random = new(11);
        double right = 0, asked = 0;
        for (int round = 0; round < 400; round++)
        {
            // Lengths differ, and so may what is divided by: every choice gets the same chance by a score per character.
            RunSummary summary = await Score(run, (item, request, repeat) => request.Continuations is { } continuations
                ? FakeModel.Scores(continuations.Select(c => (random.NextDouble() - 2) * Math.Max(1, c.Length - 1)))
                : FakeModel.Text(Guess(run.Task, item, repeat, random)));
            right += summary.Metrics[0].Micro * summary.Items;
            asked += summary.Items;
        }

        double chance = run.Chance!.Value, deviation = Math.Sqrt(chance * (1 - chance) / asked);
        Assert.InRange(right / asked, chance - (4 * deviation), chance + (4 * deviation)); // once in 16,000 seeds outside
    }

    [Theory, MemberData(nameof(Recipes))]
    public async Task What_has_no_answer_is_wrong_and_counted_apart(string name)
    {
        PreparedRun run = Prepare(name);
        await SkipWhereCodeCannotRun(run);

        RunSummary summary = await Score(run, (_, _, _) => new ModelAnswer { Error = "the endpoint is down", FinishReason = "error" });

        Assert.Equal(0, summary.Metrics[0].Micro);
        Assert.Equal(run.Requests.Count, summary.Errors);
        Assert.Equal(0, summary.Unread);
    }

    /// <summary>The right answer with another letter in its place.</summary>
    private static string Guess(EvaluationTask task, EvaluationItem item, int repeat, Random random)
    {
        int choices = (int)Math.Round(1 / task.Chance(item)!.Value);
        string right = task.RightAnswer(item, repeat), letter = ((char)('A' + random.Next(choices))).ToString();
        return Regex.Replace(right, @"(?<![A-Za-z])[A-J](?![a-z])", letter);
    }

    // Opened once: attacking the sandbox takes a while.
    private static readonly Lazy<Task<(CodeRunner? Runner, string? Reason)>> Code = new(async () =>
    {
        try
        {
            return (await CodeRunner.OpenAsync(), null);
        }
        catch (EvaluationException error)
        {
            return (null, error.Message);
        }
    });

    /// <summary>Programs are run only where the kernel lets them be isolated; elsewhere the test shows as skipped.</summary>
    private static async Task SkipWhereCodeCannotRun(PreparedRun run)
    {
        if (!run.Task.RunsCode) return;

        (CodeRunner? runner, string? reason) = await Code.Value;
        Assert.SkipWhen(runner is null, reason ?? "");
    }

    internal static PreparedRun Prepare(string name) => PreparedRun.Of(EvaluationTasks.Find(name), new RunSettings());

    private static async Task<RunSummary> Score(PreparedRun run, Func<EvaluationItem, ModelRequest, int, ModelAnswer> answer)
    {
        FakeModel model = new((index, request) => answer(run.Items[index / run.Task.Repeats], request, index % run.Task.Repeats));
        return (await EvaluationRun.ExecuteAsync(run, model, folder: null, code: run.Task.RunsCode ? (await Code.Value).Runner : null)).Summary;
    }

    private static ModelAnswer Knowing(EvaluationTask task, EvaluationItem item, ModelRequest request, int repeat) => task.ScoresContinuations
        ? FakeModel.Scores(request.Continuations!.Select((_, i) => i == item.Number("answer") ? -0.001 : -1000))
        : FakeModel.Text(task.RightAnswer(item, repeat));

    private static ModelAnswer Erring(EvaluationTask task, EvaluationItem item, ModelRequest request, int repeat) => task.ScoresContinuations
        ? FakeModel.Scores(request.Continuations!.Select((_, i) => i == item.Number("answer") ? -1000 : -0.001))
        : FakeModel.Text(item.Group.EndsWith("irrelevance", StringComparison.Ordinal) ? "[no_such_function(a=1)]" : "Well, WE would rather not say."); // there words are right
}
