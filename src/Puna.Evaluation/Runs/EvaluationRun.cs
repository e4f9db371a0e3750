using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Puna.Evaluation.Models;
using Puna.Evaluation.Sandbox;

namespace Puna.Evaluation.Runs;

/// <summary>Asking everything of a prepared run, once, with what is there of an earlier start.</summary>
public static class EvaluationRun
{
    private const double MostMissingLabels = 0.01;

    /// <summary>
    /// Asks what has no answer yet, marks all, and writes the results. With a folder, answers are kept as they come: a run that
    /// was stopped or killed goes on where it was, and ends with the same files as one that was not.
    /// </summary>
    /// <param name="run">The questions.</param>
    /// <param name="model">The model.</param>
    /// <param name="folder">Folder of the results; null to keep nothing.</param>
    /// <param name="execution">What the caller wants to find in the manifest beside what is always there; asked for at the end.</param>
    /// <param name="progress">Hears of every answer.</param>
    /// <param name="code">What runs programs, where it is open already.</param>
    /// <param name="cancellationToken">Stops; what was answered stays.</param>
    /// <exception cref="EvaluationException">The folder holds another run, or the model cannot do what the recipe needs.</exception>
    /// <exception cref="IOException">The folder cannot be written, or another process writes to it.</exception>
    public static async Task<RunOutcome> ExecuteAsync(
        PreparedRun run, IModelUnderTest model, string? folder, Func<JsonObject>? execution = null, IProgress<RunProgress>? progress = null, CodeRunner? code = null, CancellationToken cancellationToken = default)
    {
        if (run.Task.ScoresContinuations && !model.CanScore)
            throw new EvaluationException($"{run.Task.Name} needs the probability of given texts, which {model.Name} does not tell. Choose a recipe whose answers are written.");
        if (!model.CanPrefill && run.Requests.Any(request => request.Prefill.Length > 0))
            throw new EvaluationException($"{run.Task.Name} begins the model's answer, which {model.Name} does not let one do. Choose a recipe whose answers are the model's own.");
        if (!model.CanConstrain && run.Requests.Any(request => request.JsonSchema is not null))
            throw new EvaluationException($"{run.Task.Name} holds answers to a schema, which {model.Name} does not do here. Choose puna/jsonschema, whose answers are free.");

        if (run.Task.RunsCode) code ??= await CodeRunner.OpenAsync(cancellationToken).ConfigureAwait(false); // before anything is asked
        if (code is not null && run.Task.RunsCode) run.Task.Require(code);
        RunManifest manifest = RunManifest.Of(run, model);
        using AnswerJournal? journal = folder is null ? null : Open(folder, manifest);
        RunAccount account = RunAccount.Of(folder);
        long started = Stopwatch.GetTimestamp();
        DateTimeOffset startedAt = DateTimeOffset.UtcNow;
        ModelAnswer?[] answers = new ModelAnswer?[run.Requests.Count];
        for (int i = 0; i < answers.Length; i++) answers[i] = journal?.Find(Key(run, i)) is { Failed: false } known ? known : null;

        int[] missing = [.. Enumerable.Range(0, answers.Length).Where(i => answers[i] is null)];
        int resumed = answers.Length - missing.Length, done = resumed;
        Report();
        if (missing.Length > 0)
        {
            try
            {
                await foreach ((int index, ModelAnswer answer) in model.AnswerAsync([.. missing.Select(i => run.Requests[i])], cancellationToken).ConfigureAwait(false))
                {
                    int at = missing[index];
                    if (answers[at] is not null) throw new EvaluationException($"{model.Name} answered request {at} twice.");

                    answers[at] = answer;
                    journal?.Add(Key(run, at), answer);
                    done++;
                    Report();
                }
            }
            catch when (folder is not null && done > resumed)
            {
                // What this start took and cost is not lost to the next one.
                ResultFolder.WriteWhole(Path.Combine(folder, ResultFolder.Manifest), (manifest with { Execution = account.After(execution?.Invoke(), Stopwatch.GetElapsedTime(started), done - resumed) }).ToJson());
                throw;
            }
        }

        if (done < answers.Length) throw new EvaluationException($"{model.Name} left {answers.Length - done} requests without an answer or an error.");

        IReadOnlyList<ItemResult> results = await run.GradeAsync(answers!, code, cancellationToken).ConfigureAwait(false);
        RunSummary summary = run.Summarize(results, model.Name) with { RunId = manifest.Id };
        if (run.Task.ScoresContinuations && model.ScoreNote is { } note)
        {
            CheckMissingLabels(results);
            summary = summary with { Label = $"{summary.Label}({note})" };
        }

        manifest = manifest with { Execution = Execution(account.After(execution?.Invoke(), Stopwatch.GetElapsedTime(started), done - resumed), startedAt, resumed, summary) };
        if (folder is not null) ResultFolder.Write(folder, manifest, results, summary);
        return new RunOutcome(manifest, results, summary);

        void Report() => progress?.Report(new RunProgress(done, answers.Length, resumed, Stopwatch.GetElapsedTime(started)));
    }

    /// <summary>Where probabilities come from a list of likely tokens, a choice that is not in it has none; too many such make no score.</summary>
    private static void CheckMissingLabels(IReadOnlyList<ItemResult> results)
    {
        int missing = results.Count(r => r.LogLikelihoods.Any(double.IsNegativeInfinity));
        if (missing > MostMissingLabels * results.Count)
            throw new EvaluationException($"For {missing} of {results.Count} questions a choice is not among the tokens that the endpoint tells; above {MostMissingLabels:P0} of them there is no score to publish. Choose a recipe whose answers are written.");
    }

    private static string Key(PreparedRun run, int index) => string.Create(CultureInfo.InvariantCulture, $"{index}:{run.PromptHashes[index]}");

    private static AnswerJournal Open(string folder, RunManifest manifest)
    {
        Directory.CreateDirectory(folder);
        AnswerJournal journal = new(Path.Combine(folder, ResultFolder.Answers)); // first: it keeps others out
        try
        {
            string path = Path.Combine(folder, ResultFolder.Manifest);
            if (!File.Exists(path))
            {
                if (journal.Count > 0) throw new EvaluationException($"{folder} has answers and no {ResultFolder.Manifest}, so nothing tells what they answer. Choose another folder.");
                ResultFolder.WriteWhole(path, manifest.ToJson());
                return journal;
            }

            IReadOnlyList<ManifestDifference> differences = RunManifest.Read(path).DifferencesTo(manifest);
            if (differences.Count > 0)
            {
                string what = string.Join("; ", differences.Take(4).Select(d => $"{d.Path} was {d.Was} and is {d.Now}"));
                throw new EvaluationException($"{folder} holds another run: {what}{(differences.Count > 4 ? $"; and {differences.Count - 4} more" : "")}. Choose another folder, or make the two the same.");
            }

            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    private static JsonObject Execution(JsonObject execution, DateTimeOffset startedAt, int resumed, RunSummary summary)
    {
        execution["started"] = startedAt.ToString("O", CultureInfo.InvariantCulture);
        execution["answers_of_earlier_starts"] = resumed;
        execution["counts"] = new JsonObject { ["items"] = summary.Items, ["unread"] = summary.Unread, ["truncated"] = summary.Truncated, ["prompts_cut"] = summary.PromptsCut, ["errors"] = summary.Errors };
        execution["machine"] = new JsonObject
        {
            ["os"] = RuntimeInformation.OSDescription,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
            ["cpu"] = Processor(),
            ["cores"] = Environment.ProcessorCount,
        };
        return execution;
    }

    private static string? Processor()
    {
        const string file = "/proc/cpuinfo", name = "model name";
        return File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() : null;
    }
}
