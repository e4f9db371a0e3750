using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Puna.Evaluation;
using Puna.Evaluation.Evaluators;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Tests.Evaluation.Evaluators;

public sealed class TaskEvaluatorTests
{
    public static TheoryData<string> ChatRecipes => [.. EvaluationTasks.All.Where(task => !task.RunsCode && Questions(task) is not null).Select(task => task.Name)];

    [Theory, MemberData(nameof(ChatRecipes))]
    public async Task Who_knows_passes_and_who_errs_fails(string recipe)
    {
        EvaluationTask task = EvaluationTasks.Find(recipe);
        TaskEvaluator evaluator = new(task);
        foreach (TaskQuestion question in Questions(task)!)
        {
            EvaluationResult right = await Mark(evaluator, question, task.RightAnswer(question.Context.Item, question.Context.Repeat));
            EvaluationResult wrong = await Mark(evaluator, question, question.Context.Item.Group == "irrelevance" ? "[no_such_function(a=1)]" : "Well, WE would rather not say.");

            Assert.Equal(evaluator.EvaluationMetricNames.Order(), right.Metrics.Keys.Order());
            string score = evaluator.MetricName(task.Metrics[0]);
            Assert.Equal((1.0, false), (right.Get<NumericMetric>(score).Value, right.Get<NumericMetric>(score).Interpretation!.Failed));
            Assert.Equal((0.0, true), (wrong.Get<NumericMetric>(score).Value, wrong.Get<NumericMetric>(score).Interpretation!.Failed));
        }
    }

    [Fact]
    public void Most_recipes_for_instruct_models_can_be_asked_by_chat_clients() => Assert.True(ChatRecipes.Count >= 7, string.Join(", ", ChatRecipes.Select(row => row.Data)));

    [Fact]
    public async Task Clients_that_do_not_stop_are_cut_and_answers_without_room_are_said()
    {
        EvaluationTask task = EvaluationTasks.Find("orig/ifeval");
        TaskQuestion question = Questions(task)![0];
        TaskItemContext stops = new(question.Context.Item, question.Context.Request with { Stop = ["STOP"] });
        ChatResponse response = new(new ChatMessage(ChatRole.Assistant, task.RightAnswer(question.Context.Item, 0) + "STOP, and more, with commas")) { FinishReason = ChatFinishReason.Length };

        EvaluationResult result = await new TaskEvaluator(task).EvaluateAsync(question.Messages, response, additionalContext: [stops]);

        NumericMetric score = result.Get<NumericMetric>("orig/ifeval: prompt_strict");
        Assert.Equal(1, score.Value);
        Assert.Contains(score.Diagnostics!, d => d.Severity == EvaluationDiagnosticSeverity.Warning && d.Message.Contains("lack of room", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_question_an_answer_fails_and_says_why()
    {
        EvaluationResult result = await new TaskEvaluator(EvaluationTasks.Find("simple/mmlu")).EvaluateAsync([], new ChatResponse(new ChatMessage(ChatRole.Assistant, "Answer: A")));

        Assert.All(result.Metrics.Values, metric => Assert.True(metric.Interpretation!.Failed));
        Assert.Contains("TaskItemContext", result.Metrics.Values.First().Diagnostics!.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Recipes_that_no_chat_client_can_answer_are_refused()
    {
        Assert.Contains("log-likelihood", Assert.Throws<EvaluationException>(() => new TaskEvaluator(EvaluationTasks.Find("lmeval/mmlu"))).Message, StringComparison.Ordinal);
        Assert.Contains("plain text", Assert.Throws<EvaluationException>(() => TaskQuestion.Of(PreparedRun.Of(EvaluationTasks.Find("lmeval/gsm8k"), new RunSettings()))).Message, StringComparison.Ordinal);
        Assert.Contains("begins the model's answer", Assert.Throws<EvaluationException>(() => TaskQuestion.Of(PreparedRun.Of(EvaluationTasks.Find("meta/mmlu-instruct-5shot"), new RunSettings()))).Message, StringComparison.Ordinal);
        Assert.Contains("CodeRunner.OpenAsync", Assert.Throws<EvaluationException>(() => new TaskEvaluator(EvaluationTasks.Find("lmeval/humaneval_instruct"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_documented_test_passes_right_answers_and_fails_wrong_ones()
    {
        string file = Path.Combine(Path.GetTempPath(), $"puna-{Guid.NewGuid():N}.jsonl");
        await File.WriteAllTextAsync(file, "{\"text\":\"Total 4.\",\"schema\":{\"type\":\"object\"},\"expected\":{\"total\":4}}\n");
        try
        {
            await DocumentedTest.Fields_are_read_from_our_documents(new OneAnswer("{\"total\": 4}"), file);
            await Assert.ThrowsAsync<Xunit.Sdk.FalseException>(() => DocumentedTest.Fields_are_read_from_our_documents(new OneAnswer("{\"total\": 5}"), file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_document_shows_what_is_tested()
    {
        string code = File.ReadAllText(RepositoryFiles.Find("tests", "Puna.Tests", "Evaluation", "Evaluators", "DocumentedTest.cs"));
        string shown = code[(code.IndexOf("// documented:\n", StringComparison.Ordinal) + "// documented:\n".Length)..code.IndexOf("    // :documented", StringComparison.Ordinal)];
        shown = string.Join('\n', shown.Split('\n').Select(line => line.Length > 4 ? line[4..] : line));

        Assert.Contains($"```csharp\n{shown}```", File.ReadAllText(RepositoryFiles.Find("docs", "evaluation.md")), StringComparison.Ordinal);
    }

    private static async Task<EvaluationResult> Mark(TaskEvaluator evaluator, TaskQuestion question, string answer) =>
        await evaluator.EvaluateAsync(question.Messages, new ChatResponse(new ChatMessage(ChatRole.Assistant, answer)), additionalContext: [question.Context]);

    private static IReadOnlyList<TaskQuestion>? Questions(EvaluationTask task)
    {
        try
        {
            return TaskQuestion.Of(PreparedRun.Of(task, new RunSettings()));
        }
        catch (EvaluationException)
        {
            return null;
        }
    }

    private sealed class OneAnswer(string text) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, text)));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
