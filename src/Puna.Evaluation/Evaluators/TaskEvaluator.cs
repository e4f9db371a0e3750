using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Models;
using Puna.Evaluation.Sandbox;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Evaluators;

/// <summary>
/// A recipe's rules of marking in Microsoft.Extensions.AI.Evaluation, for test suites of your own: no judge model, the same marks
/// as <c>puna eval run</c> gives. Safe from several threads.
/// </summary>
public sealed class TaskEvaluator : IEvaluator
{
    private readonly EvaluationTask _task;
    private readonly double _passMark;
    private readonly CodeRunner? _code;

    /// <param name="task">The recipe.</param>
    /// <param name="passMark">The score of an answer below which its interpretation is a failure, 0 to 1.</param>
    /// <param name="code">What runs programs, for recipes whose answers are programs.</param>
    /// <exception cref="EvaluationException">The recipe needs log-likelihoods, or a sandbox that is not given.</exception>
    public TaskEvaluator(EvaluationTask task, double passMark = 1, CodeRunner? code = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        TaskQuestion.RequireChat(task);
        if (!(passMark is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(passMark), passMark, "A pass mark lies between 0 and 1.");
        if (task.RunsCode && code is null) throw new EvaluationException($"{task.Name} runs the programs that a model writes. Give what {nameof(CodeRunner)}.{nameof(CodeRunner.OpenAsync)} returns.");
        if (code is not null) task.Require(code);

        (_task, _passMark, _code) = (task, passMark, code);
        EvaluationMetricNames = [.. task.Metrics.Select(MetricName)];
    }

    /// <summary>The recipe's metrics as <see cref="MetricName"/> writes them, the score first.</summary>
    public IReadOnlyCollection<string> EvaluationMetricNames { get; }

    /// <summary>The name of a metric in results: the recipe's name before it, so that several recipes fit into one report.</summary>
    public string MetricName(string metric) => $"{_task.Name}: {metric}";

    /// <summary>Marks an answer.</summary>
    /// <param name="messages">What was asked; the recipe marks the answer alone.</param>
    /// <param name="modelResponse">The answer.</param>
    /// <param name="chatConfiguration">Not used: no recipe asks a judge model.</param>
    /// <param name="additionalContext">Must have the question's <see cref="TaskItemContext"/>.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>A number per metric. The score carries an interpretation, which fails below the pass mark; without the context it fails with a diagnostic that says so.</returns>
    public async ValueTask<EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null, IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(modelResponse);
        TaskItemContext[] contexts = [.. additionalContext?.OfType<TaskItemContext>() ?? []];
        if (contexts is not [{ } context])
            return Unmarked($"The answer cannot be marked: {contexts.Length} contexts of the kind {nameof(TaskItemContext)} are given where one is needed. Pass the {nameof(TaskQuestion.Context)} of the question.");

        ModelAnswer answer = new()
        {
            Text = StopText.Cut(modelResponse.Text, context.Request.Stop).Text,
            FinishReason = modelResponse.FinishReason == ChatFinishReason.Length ? "length" : "stop",
            PromptTokens = (int)(modelResponse.Usage?.InputTokenCount ?? 0),
            CompletionTokens = (int)(modelResponse.Usage?.OutputTokenCount ?? 0),
        };
        ItemGrade grade = await _task.GradeAsync(context.Item, answer, context.Repeat, _code, cancellationToken).ConfigureAwait(false);
        EvaluationResult result = new([.. _task.Metrics.Select(metric => new NumericMetric(MetricName(metric), _task.PartsOf(metric).Average(part => grade.Metrics.GetValueOrDefault(part.Mark))))]);
        NumericMetric score = result.Get<NumericMetric>(MetricName(_task.Metrics[0]));
        Interpret(score, score.Value!.Value, grade.Rule);
        foreach (EvaluationMetric metric in result.Metrics.Values)
        {
            metric.AddOrUpdateMetadata("rule", grade.Rule);
            metric.AddOrUpdateMetadata("recipe_version", _task.Version.ToString(CultureInfo.InvariantCulture));
            metric.AddOrUpdateMetadata("item", context.Item.Id);
            metric.AddOrUpdateContext(context);
            if (grade.Rule == ItemGrade.NoRule) metric.AddDiagnostics(EvaluationDiagnostic.Warning("No rule of the recipe could read an answer from what the model wrote."));
            if (answer.FinishReason == "length") metric.AddDiagnostics(EvaluationDiagnostic.Warning($"The answer ended for lack of room after {answer.CompletionTokens} tokens; the recipe allows {context.Request.MaxTokens}."));
        }

        return result;
    }

    private void Interpret(NumericMetric score, double value, string rule)
    {
        EvaluationRating rating = value switch { >= 1 => EvaluationRating.Exceptional, >= 0.75 => EvaluationRating.Good, >= 0.5 => EvaluationRating.Average, >= 0.25 => EvaluationRating.Poor, _ => EvaluationRating.Unacceptable };
        bool failed = value < _passMark;
        score.Interpretation = new EvaluationMetricInterpretation(rating, failed, failed ? string.Create(CultureInfo.InvariantCulture, $"{value:0.###} is below the pass mark {_passMark:0.###} (rule: {rule})") : null);
    }

    private EvaluationResult Unmarked(string reason)
    {
        EvaluationResult result = new([.. EvaluationMetricNames.Select(name => new NumericMetric(name) { Interpretation = new EvaluationMetricInterpretation(EvaluationRating.Inconclusive, failed: true, reason) })]);
        foreach (EvaluationMetric metric in result.Metrics.Values) metric.AddDiagnostics(EvaluationDiagnostic.Error(reason));
        return result;
    }
}
