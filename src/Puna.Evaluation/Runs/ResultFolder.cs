using System.Text;
using System.Text.Json;
using Puna.Formats;

namespace Puna.Evaluation.Runs;

/// <summary>The files of a run: <c>results.jsonl</c>, a line per question in the order of the data, and <c>summary.json</c>.</summary>
public static class ResultFolder
{
    internal const string Results = "results.jsonl", Summary = "summary.json";

    /// <summary>Writes a run's files; each is whole or not there.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<ItemResult> results, RunSummary summary)
    {
        Directory.CreateDirectory(folder);
        WriteWhole(Path.Combine(folder, Results), string.Concat(results.Select(r => JsonSerializer.Serialize(r, EvaluationJson.Readable.ItemResult) + "\n")));
        WriteWhole(Path.Combine(folder, Summary), ToJson(summary) + "\n");
    }

    /// <summary>A summary as JSON.</summary>
    public static string ToJson(RunSummary summary) => JsonSerializer.Serialize(summary, EvaluationJson.Readable.RunSummary);

    private static void WriteWhole(string path, string text)
    {
        using AtomicFile file = new(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(text));
        file.Commit();
    }
}
