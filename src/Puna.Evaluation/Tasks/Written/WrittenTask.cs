using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>A recipe in which the model writes and the answer is read from what it wrote.</summary>
internal sealed class WrittenTask(string name, string summary, ModelVariant? variant, DataLayout data, IReadOnlyList<string> metrics) : EvaluationTask
{
    /// <summary>Makes an item of a row; null leaves the row out.</summary>
    internal required Func<JsonObject, RowPlace, EvaluationItem?> Reader { get; init; }

    /// <summary>Writes the request.</summary>
    internal required Func<EvaluationItem, IReadOnlyList<EvaluationItem>, int, ModelRequest> Prompt { get; init; }

    /// <summary>Marks what was written.</summary>
    internal required Func<EvaluationItem, string, int, ItemGrade> Mark { get; init; }

    /// <summary>The right answer, written as the recipe wants it.</summary>
    internal required Func<EvaluationItem, int, string> Right { get; init; }

    internal int Shot { get; init; }

    internal bool Draws { get; init; }

    internal int Times { get; init; } = 1;

    internal int Revision { get; init; } = 1;

    /// <summary>What guessing earns, for recipes whose answers are choices.</summary>
    internal Func<EvaluationItem, double>? Guess { get; init; }

    /// <summary>Metrics that are made of others, or in which items count by a weight.</summary>
    internal IReadOnlyDictionary<string, MetricPart[]> Parts { get; init; } = new Dictionary<string, MetricPart[]>();

    /// <summary>Marks of an item without an answer; null for 0 in every metric.</summary>
    internal Func<EvaluationItem, IReadOnlyDictionary<string, double>>? Missing { get; init; }

    public override string Name => name;

    public override int Version => Revision;

    public override string Summary => summary;

    public override ModelVariant? Variant => variant;

    public override int DefaultShots => Shot;

    public override int MaxShots => Shot;

    public override bool DrawsShots => Draws;

    public override int Repeats => Times;

    public override DataLayout Data => data;

    public override IReadOnlyList<string> Metrics => metrics;

    public override bool ScoresContinuations => false;

    public override EvaluationItem? Read(JsonObject row, RowPlace place) => Reader(row, place);

    public override ModelRequest Ask(EvaluationItem item, IReadOnlyList<EvaluationItem> shots, int repeat) => Prompt(item, shots, repeat);

    public override ItemGrade Grade(EvaluationItem item, ModelAnswer answer, int repeat) => Mark(item, answer.Text, repeat);

    public override string RightAnswer(EvaluationItem item, int repeat) => Right(item, repeat);

    public override double? Chance(EvaluationItem item) => Guess?.Invoke(item);

    public override IReadOnlyList<MetricPart> PartsOf(string metric) => Parts.GetValueOrDefault(metric) ?? base.PartsOf(metric);

    public override IReadOnlyDictionary<string, double> Unanswered(EvaluationItem item) => Missing?.Invoke(item) ?? base.Unanswered(item);

    /// <summary>A grade of what was extracted.</summary>
    internal static ItemGrade Of(Extraction extraction, params (string Metric, bool Right)[] marks) =>
        new(marks.ToDictionary(m => m.Metric, m => m.Right ? 1.0 : 0.0), extraction.Value, extraction.Value is null ? ItemGrade.NoRule : extraction.Rule);

    /// <summary>A required text of a row.</summary>
    internal static string Field(JsonObject row, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (row[name] is JsonValue value) return value.TryGetValue(out string? text) ? text : value.ToString();
        }

        throw new EvaluationException($"There is no field '{string.Join("' or '", names)}'.");
    }

    /// <summary>A single turn of the user.</summary>
    internal static PromptTurn[] User(string text) => [new("user", text)];
}
