using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;
using Puna.Tests.Engine;

namespace Puna.Tests.Evaluation.Runs;

public sealed class EvaluationRunTests(EngineFixture fixture) : IClassFixture<EngineFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puna-run-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Only_what_has_no_answer_is_asked_again()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("lmeval/mmlu"), new RunSettings());
        int asked = 0;
        FakeModel failing = new((index, request) => ++asked % 2 == 0 ? new ModelAnswer { Error = "broken", FinishReason = "error" } : Scores(request));
        RunOutcome first = await EvaluationRun.ExecuteAsync(run, failing, _folder);
        List<int> again = [];
        FakeModel working = new((index, request) =>
        {
            again.Add(index);
            return Scores(request);
        });

        RunOutcome second = await EvaluationRun.ExecuteAsync(run, working, _folder);

        Assert.Equal(4, first.Summary.Errors);
        Assert.Equal(4, again.Count);
        Assert.Equal(0, second.Summary.Errors);
        Assert.Equal(first.Manifest.Id, second.Manifest.Id);
        Assert.Equal((null, 0), RunComparison.Compare(second.Results, ResultFolder.ReadResults(_folder)));
        Assert.Equal(second.Summary.RunId, ResultFolder.ReadSummary(_folder).RunId);
    }

    [Fact]
    public async Task What_earlier_starts_took_and_cost_is_added_up()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("lmeval/mmlu"), new RunSettings());
        int asked = 0;
        FakeModel stopping = new((_, request) => ++asked == 3 ? throw new IOException("gone") : Scores(request)), working = new((_, request) => Scores(request));
        JsonObject Execution(int requests) => new() { ["usage"] = new JsonObject { ["requests"] = requests, ["faults"] = new JsonObject { ["429"] = requests }, ["models_returned"] = new JsonArray("m") } };
        await Assert.ThrowsAsync<IOException>(() => EvaluationRun.ExecuteAsync(run, stopping, _folder, () => Execution(3)));
        double before = ResultFolder.ReadManifest(_folder).Execution["seconds"]!.GetValue<double>();

        RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, working, _folder, () => Execution(5));

        JsonObject execution = outcome.Manifest.Execution;
        Assert.Equal("{\"requests\":8,\"faults\":{\"429\":8},\"models_returned\":[\"m\"]}", execution["usage"]!.ToJsonString());
        Assert.True(execution["seconds"]!.GetValue<double>() >= before);
        Assert.Equal(run.Requests.Count, execution["timed_answers"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_folder_of_another_run_is_refused_with_what_differs()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("lmeval/mmlu"), new RunSettings()), other = PreparedRun.Of(EvaluationTasks.Find("lmeval/mmlu"), new RunSettings { Shots = 1 });
        FakeModel model = new((_, request) => Scores(request));
        await EvaluationRun.ExecuteAsync(run, model, _folder);

        EvaluationException error = await Assert.ThrowsAsync<EvaluationException>(() => EvaluationRun.ExecuteAsync(other, model, _folder));

        Assert.Contains("recipe.shots was 0 and is 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_leaves_a_question_out_is_an_error()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("lmeval/mmlu"), new RunSettings());
        FakeModel model = new((_, request) => Scores(request)) { LeavesOut = 3 };

        Assert.Contains("left 1 requests", (await Assert.ThrowsAsync<EvaluationException>(() => EvaluationRun.ExecuteAsync(run, model, null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_unknown_kind_is_refused_and_its_prompts_begin_with_one_begin_token()
    {
        PunaModelUnderTest model = new(fixture.Model, new PunaModelUnderTestOptions { Variant = ModelVariant.Base });

        Assert.Equal(1, model.Encode(new ModelRequest { Prompt = "ab" }).Count(id => id == fixture.Model.Tokenizer.BosId));
        EvaluationException error = Assert.Throws<EvaluationException>(() => new PunaModelUnderTest(fixture.Model));
        Assert.Contains("--variant", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Spaces_at_the_end_of_a_context_belong_to_the_continuation()
    {
        PunaModelUnderTest model = new(fixture.Model, new PunaModelUnderTestOptions { Variant = ModelVariant.Base });

        (TokenQuestion spaced, _) = model.EncodeScored(new ModelRequest { Prompt = "ab  ", Continuations = ["c"] });
        (TokenQuestion plain, _) = model.EncodeScored(new ModelRequest { Prompt = "ab", Continuations = ["  c"] });

        Assert.Equal(plain.Context, spaced.Context);
        Assert.Equal(plain.Continuations[0], spaced.Continuations[0]);
    }

    private static ModelAnswer Scores(ModelRequest request) => FakeModel.Scores(request.Continuations!.Select((_, i) => -1.0 - i));
}
