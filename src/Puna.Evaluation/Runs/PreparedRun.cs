using System.Security.Cryptography;
using System.Text;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;
using Puna.Evaluation.Sandbox;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Runs;

/// <summary>A recipe with its items chosen and its requests written: everything of a run that does not need a model.</summary>
public sealed class PreparedRun
{
    private readonly (EvaluationItem Item, int Repeat)[] _asked;

    private PreparedRun(EvaluationTask task, RunSettings settings, TaskData data, IReadOnlyList<EvaluationItem> items, int shots)
    {
        (Task, Settings, Data, Items, Shots) = (task, settings, data, items, shots);
        _asked = [.. items.SelectMany(item => Enumerable.Range(0, task.Repeats).Select(repeat => (item, repeat)))];
        Requests = [.. _asked.Select(a => task.Ask(a.Item, Worked(task, a.Item, data, shots, settings.Seed), a.Repeat))];
        PromptHashes = [.. Requests.Select(request => EvaluationJson.Hash(request, EvaluationJson.Default.ModelRequest))];
    }

    /// <summary>The recipe.</summary>
    public EvaluationTask Task { get; }

    /// <summary>What the caller chose.</summary>
    public RunSettings Settings { get; }

    /// <summary>Where the items came from.</summary>
    public TaskData Data { get; }

    /// <summary>The items that are asked, in file order.</summary>
    public IReadOnlyList<EvaluationItem> Items { get; }

    /// <summary>Worked examples in front of every question.</summary>
    public int Shots { get; }

    /// <summary>What is put to the model: every item as often as the recipe asks it.</summary>
    public IReadOnlyList<ModelRequest> Requests { get; }

    /// <summary>SHA-256 of every request.</summary>
    public IReadOnlyList<string> PromptHashes { get; }

    /// <summary>The items as often as they are asked, in step with <see cref="Requests"/>.</summary>
    internal IReadOnlyList<(EvaluationItem Item, int Repeat)> Asked => _asked;

    /// <summary>Whether the seed decides the worked examples.</summary>
    internal bool Draws => Task.DrawsShots && Shots > 0;

    /// <summary>The score's name with everything that differs from the recipe.</summary>
    public string Label
    {
        get
        {
            List<string> notes = [];
            if (Data.Origin == TaskData.Smoke) notes.Add("smoke");
            if (Shots != Task.DefaultShots) notes.Add($"shots={Shots}");
            if (Items.Count < Data.Items.Count) notes.Add($"n={Items.Count},seed={Settings.Seed}");
            else if (Draws && Settings.Seed != 0) notes.Add($"seed={Settings.Seed}");
            return notes.Count == 0 ? Task.Name : $"{Task.Name}[{string.Join(',', notes)}]";
        }
    }

    /// <summary>Part of the score that guessing earns, or null.</summary>
    public double? Chance => Items.All(item => Task.Chance(item) is not null) ? Items.Average(item => Task.Chance(item)!.Value) : null;

    /// <summary>Reads the data, chooses the items and writes the requests.</summary>
    /// <exception cref="EvaluationException">The data are not what the recipe needs, or it does not allow the settings.</exception>
    /// <exception cref="IOException">The data cannot be read.</exception>
    public static PreparedRun Of(EvaluationTask task, RunSettings settings)
    {
        int shots = settings.Shots ?? task.DefaultShots;
        if (shots < 0 || shots > task.MaxShots)
            throw new EvaluationException(task.MaxShots == 0 ? $"{task.Name} takes no --shots: its prompt is fixed." : $"--shots {shots}: {task.Name} takes 0 to {task.MaxShots}.");
        if (settings.Limit < 1) throw new EvaluationException($"--limit {settings.Limit}: at least 1 is needed.");

        TaskData data = settings.Data is { } path ? TaskData.Load(task, path) : TaskData.LoadSmoke(task);
        IReadOnlyList<EvaluationItem> items = settings.Limit is { } limit ? TaskData.Sample(data.Items, limit, settings.Seed) : data.Items;
        foreach (EvaluationItem item in items)
        {
            int found = Worked(task, item, data, shots, settings.Seed).Count;
            if (found < shots && data.Origin != TaskData.Smoke)
                throw new EvaluationException($"{task.Name} wants {shots} worked examples and the split '{task.Data.Shots}' has {found} for {(item.Group.Length > 0 ? item.Group : "the questions")}. Put its files beside the others, or set --shots {found}.");
        }

        return new PreparedRun(task, settings, data, items, shots);
    }

    /// <summary>Marks answers.</summary>
    /// <param name="answers">An answer per request.</param>
    /// <param name="code">What runs programs; null where the recipe needs none.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<IReadOnlyList<ItemResult>> GradeAsync(IReadOnlyList<ModelAnswer> answers, CodeRunner? code = null, CancellationToken cancellationToken = default)
    {
        ItemResult[] results = new ItemResult[answers.Count];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = code is null ? 1 : Environment.ProcessorCount, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, results.Length), parallel, async (i, token) =>
        {
            ItemGrade grade = answers[i].Failed
                ? new ItemGrade(Task.Unanswered(_asked[i].Item), null, ItemGrade.NoRule)
                : await Task.GradeAsync(_asked[i].Item, answers[i], _asked[i].Repeat, code, token).ConfigureAwait(false);
            results[i] = Result(_asked[i].Item, _asked[i].Repeat, i, answers[i], grade);
        }).ConfigureAwait(false);
        return results;
    }

    /// <summary>Sums up results.</summary>
    public RunSummary Summarize(IReadOnlyList<ItemResult> results, string model) => RunSummary.Of(Task, Label, model, results, Chance);

    private static IReadOnlyList<EvaluationItem> Worked(EvaluationTask task, EvaluationItem item, TaskData data, int shots, int seed) =>
        shots == 0 ? [] : task.DrawsShots ? ShotDraw.Of(item.Id, data.ShotPool, shots, seed) : task.Shots(item, data.ShotPool, shots);

    private ItemResult Result(EvaluationItem item, int repeat, int index, ModelAnswer answer, ItemGrade grade)
    {
        string target = Task.RightAnswer(item, repeat);
        return new ItemResult
        {
            Id = item.Id,
            Group = item.Group,
            Repeat = repeat,
            ItemHash = item.Hash,
            PromptHash = PromptHashes[index],
            TargetHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target))),
            Prompt = Requests[index].Display,
            Target = target,
            Output = answer.Text,
            LogLikelihoods = answer.LogLikelihoods,
            Prediction = grade.Prediction,
            Rule = grade.Rule,
            Metrics = grade.Metrics,
            FinishReason = answer.FinishReason,
            Error = answer.Error,
            PromptTokens = answer.PromptTokens,
            CompletionTokens = answer.CompletionTokens,
            BosTokens = answer.BosTokens,
            TruncatedTokens = answer.TruncatedTokens,
        };
    }
}
