using Puna.Evaluation.Statistics;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Runs;

/// <summary>A metric of a group of items.</summary>
/// <param name="Group">The group.</param>
/// <param name="Items">Its items.</param>
/// <param name="Mean">Mean over them.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end.</param>
public sealed record GroupScore(string Group, int Items, double Mean, double Low, double High);

/// <summary>A metric over all items, of those that have an answer where an item without one has no mark. Intervals are of 95 %: Wilson's where every mark is 0 or 1, else bootstrapped within the groups.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Micro">Mean over items.</param>
/// <param name="MicroLow">Lower end of its interval.</param>
/// <param name="MicroHigh">Upper end.</param>
/// <param name="Macro">Mean over the groups' means.</param>
/// <param name="MacroLow">Lower end of its interval.</param>
/// <param name="MacroHigh">Upper end.</param>
/// <param name="Groups">The groups, in order of name; empty where items have none.</param>
public sealed record MetricScore(string Name, double Micro, double MicroLow, double MicroHigh, double Macro, double MacroLow, double MacroHigh, IReadOnlyList<GroupScore> Groups);

/// <summary>What a run comes to: <c>summary.json</c>.</summary>
public sealed record RunSummary
{
    private const string Confidence = "confidence";

    private const int Replicates = Bootstrap.Replicates;

    /// <summary>The run's manifest, by its hash.</summary>
    public string RunId { get; init; } = "";

    /// <summary>The recipe.</summary>
    public required string Task { get; init; }

    /// <summary>The score's name with what was left out, such as <c>lmeval/mmlu[n=570,seed=1]</c>.</summary>
    public required string Label { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Questions; asked several times each where the recipe says so.</summary>
    public required int Items { get; init; }

    /// <summary>Metrics, the score first; without those that no item has a mark in.</summary>
    public required IReadOnlyList<MetricScore> Metrics { get; init; }

    /// <summary>Part of the score that guessing earns, or null.</summary>
    public double? Chance { get; init; }

    /// <summary>Answers that no rule could read.</summary>
    public int Unread { get; init; }

    /// <summary>Answers that ended for lack of room.</summary>
    public int Truncated { get; init; }

    /// <summary>Prompts that were cut.</summary>
    public int PromptsCut { get; init; }

    /// <summary>Questions without an answer.</summary>
    public int Errors { get; init; }

    /// <summary>Tokens of all prompts.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>Expected calibration error of the chosen answer's probability, where choices were scored; null elsewhere.</summary>
    public double? CalibrationError { get; init; }

    /// <summary>Sums up results; repeats of an item count as their mean.</summary>
    internal static RunSummary Of(EvaluationTask task, string label, string model, IReadOnlyList<ItemResult> results, double? chance)
    {
        ItemResult[] sure = [.. results.Where(r => r.Metrics.ContainsKey(Confidence))];
        return new RunSummary
        {
            Task = task.Name,
            Label = label,
            Model = model,
            Items = results.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count(),
            Metrics = [.. task.Metrics.Select(metric => (Name: metric, Parts: task.PartsOf(metric))).Select(m => (m.Name, m.Parts, Marks: ItemMarks.Of(m.Parts, results))).Where(m => m.Marks.Count > 0).Select(m => Score(m.Name, ItemMarks.ArePlain(m.Parts), m.Marks))],
            Chance = chance,
            Unread = results.Count(r => r.Error is null && r.Rule == ItemGrade.NoRule),
            Truncated = results.Count(r => r.FinishReason == "length"),
            PromptsCut = results.Count(r => r.TruncatedTokens > 0),
            Errors = results.Count(r => r.Error is not null),
            PromptTokens = results.Sum(r => (long)r.PromptTokens),
            CompletionTokens = results.Sum(r => (long)r.CompletionTokens),
            CalibrationError = sure.Length == 0 ? null : Calibration.Of([.. sure.Select(r => r.Metrics[Confidence])], [.. sure.Select(r => r.Metrics["acc"] == 1)]).Error,
        };
    }

    private static MetricScore Score(string metric, bool plain, IReadOnlyList<ItemMarks> marks)
    {
        double[] linear = ItemMarks.Linear(marks);
        (string Name, double[] Within, double[] Overall)[] groups = [.. marks.Index().GroupBy(m => m.Item.Group).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (g.Key, ItemMarks.Linear([.. g.Select(m => m.Item)]), g.Select(m => linear[m.Index]).ToArray()))];
        GroupScore[] scores = [.. groups.Select(g => Around([g.Within], plain) is var around ? new GroupScore(g.Name, g.Within.Length, g.Within.Average(), around.Low, around.High) : null!)];
        Interval micro = Around([.. groups.Select(g => g.Overall)], plain);
        Interval macro = groups.Length == 1 ? micro
            : plain && linear.All(mark => mark is 0 or 1) ? Interval.OfMeanShare([.. groups.Select(g => (g.Within.Sum(), g.Within.Length))])
            : Bootstrap.OfMean([.. groups.Select(g => g.Within)], macro: true, seed: 0, Replicates);
        return new MetricScore(metric, linear.Average(), micro.Low, micro.High, scores.Average(g => g.Mean), macro.Low, macro.High, scores is [{ Group: "" }] ? [] : scores);
    }

    private static Interval Around(IReadOnlyList<double[]> groups, bool plain) => plain && groups.All(group => group.All(mark => mark is 0 or 1))
        ? Interval.Wilson(groups.Sum(group => group.Sum()), groups.Sum(group => group.Length))
        : Bootstrap.OfMean(groups, macro: false, seed: 0, Replicates);
}
