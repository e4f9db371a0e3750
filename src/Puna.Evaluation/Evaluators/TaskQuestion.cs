using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Evaluation.Models;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Evaluators;

/// <summary>A question of a recipe, ready for any <see cref="IChatClient"/>.</summary>
/// <param name="Messages">What the recipe says to the model.</param>
/// <param name="Options">How the recipe wants it answered: temperature, most tokens, stop texts.</param>
/// <param name="Context">What the evaluator needs to mark the answer; pass it as additional context.</param>
public sealed record TaskQuestion(IReadOnlyList<ChatMessage> Messages, ChatOptions Options, TaskItemContext Context)
{
    /// <summary>All questions of a prepared run, in its order.</summary>
    /// <exception cref="EvaluationException">The recipe cannot be asked through a chat client.</exception>
    public static IReadOnlyList<TaskQuestion> Of(PreparedRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return [.. run.Asked.Zip(run.Requests, (asked, request) => Of(run.Task, asked.Item, request, asked.Repeat))];
    }

    /// <summary>The question of one item, such as a row of your own that <see cref="EvaluationTask.Read"/> has read.</summary>
    /// <exception cref="EvaluationException">The recipe cannot be asked through a chat client.</exception>
    public static TaskQuestion Of(EvaluationTask task, EvaluationItem item)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Of(task, item, task.Ask(item, [], 0), 0);
    }

    private static TaskQuestion Of(EvaluationTask task, EvaluationItem item, ModelRequest request, int repeat)
    {
        RequireChat(task);
        if (request.Prompt is not null) throw new EvaluationException($"{task.Name} lets a model continue plain text, which no chat client does. Choose a recipe for instruct models.");
        if (request.Prefill.Length > 0) throw new EvaluationException($"{task.Name} begins the model's answer, which chat clients do not let one do. Choose a recipe whose answers are the model's own.");

        return new TaskQuestion(
            [.. request.Turns.Select(turn => new ChatMessage(new ChatRole(turn.Role), turn.Text))],
            new ChatOptions { Temperature = request.Temperature, Seed = request.Seed, MaxOutputTokens = request.MaxTokens, StopSequences = request.Stop.Count == 0 ? null : [.. request.Stop], ResponseFormat = request.JsonSchema is { } schema ? ChatResponseFormat.ForJsonSchema(JsonSerializer.Deserialize(schema, EvaluationJson.Default.JsonElement)) : null },
            new TaskItemContext(item, request, repeat));
    }

    /// <exception cref="EvaluationException">The recipe needs log-likelihoods.</exception>
    internal static void RequireChat(EvaluationTask task)
    {
        if (task.ScoresContinuations) throw new EvaluationException($"{task.Name} scores given texts by their log-likelihood, which chat clients do not tell. Choose a recipe whose answers are written.");
    }
}
