namespace Puna.Evaluation.Runs;

/// <summary>A metric of a group of items.</summary>
/// <param name="Group">The group.</param>
/// <param name="Items">Its items.</param>
/// <param name="Mean">Mean over them.</param>
public sealed record GroupScore(string Group, int Items, double Mean);

/// <summary>A metric over all items.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Micro">Mean over items.</param>
/// <param name="Macro">Mean over the groups' means.</param>
/// <param name="Groups">The groups, in order of name; empty where items have none.</param>
public sealed record MetricScore(string Name, double Micro, double Macro, IReadOnlyList<GroupScore> Groups);

/// <summary>What a run comes to: <c>summary.json</c>.</summary>
public sealed record RunSummary
{
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

    /// <summary>Metrics, the score first.</summary>
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

    /// <summary>Sums up results; repeats of an item count as their mean.</summary>
    internal static RunSummary Of(string task, string label, string model, IReadOnlyList<string> metrics, IReadOnlyList<ItemResult> results, double? chance)
    {
        (string Id, string Group, ItemResult[] Repeats)[] items = [.. results.GroupBy(r => r.Id).Select(g => (g.Key, g.First().Group, g.ToArray()))];
        return new RunSummary
        {
            Task = task,
            Label = label,
            Model = model,
            Items = items.Length,
            Metrics = [.. metrics.Select(Score)],
            Chance = chance,
            Unread = results.Count(r => r.Error is null && r.Rule == Tasks.ItemGrade.NoRule),
            Truncated = results.Count(r => r.FinishReason == "length"),
            PromptsCut = results.Count(r => r.TruncatedTokens > 0),
            Errors = results.Count(r => r.Error is not null),
            PromptTokens = results.Sum(r => (long)r.PromptTokens),
            CompletionTokens = results.Sum(r => (long)r.CompletionTokens),
        };

        MetricScore Score(string metric)
        {
            (string Group, double Value)[] values = [.. items.Select(item => (item.Group, item.Repeats.Average(r => r.Metrics.GetValueOrDefault(metric))))];
            GroupScore[] groups = [.. values.GroupBy(v => v.Group).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new GroupScore(g.Key, g.Count(), g.Average(v => v.Value)))];
            double micro = values.Length == 0 ? 0 : values.Average(v => v.Value);
            return new MetricScore(metric, micro, groups.Length == 0 ? 0 : groups.Average(g => g.Mean), groups is [{ Group: "" }] ? [] : groups);
        }
    }
}
