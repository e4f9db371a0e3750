using System.Text;
using System.Text.Json;
using Puna.Formats;

namespace Puna.Evaluation.Runs;

/// <summary>
/// The files of a run: <c>manifest.json</c>, what it was made from; <c>answers.jsonl</c>, the model's answers as they came;
/// <c>results.jsonl</c>, a line per question in the order of the data; <c>summary.json</c>. The last two depend on the answers alone.
/// </summary>
public static class ResultFolder
{
    internal const string Manifest = "manifest.json", Answers = "answers.jsonl", Results = "results.jsonl", Summary = "summary.json";

    /// <summary>A summary as JSON on one line.</summary>
    public static string ToJson(RunSummary summary) => JsonSerializer.Serialize(summary, EvaluationJson.Readable.RunSummary);

    /// <summary>Reads the manifest of a finished run.</summary>
    /// <exception cref="EvaluationException">The folder holds no run.</exception>
    public static RunManifest ReadManifest(string folder)
    {
        string path = Path.Combine(folder, Manifest);
        return File.Exists(path) ? RunManifest.Read(path) : throw new EvaluationException($"{folder}: there is no {Manifest}. Name a folder that puna eval run has written.");
    }

    /// <summary>Reads the results of a finished run.</summary>
    /// <exception cref="EvaluationException">The run is not finished, or a line is no result.</exception>
    public static IReadOnlyList<ItemResult> ReadResults(string folder)
    {
        string path = Path.Combine(folder, Results);
        if (!File.Exists(path)) throw new EvaluationException($"{folder}: there is no {Results}; the run is not finished. Start it again with the same --out, and it goes on.");

        List<ItemResult> results = [];
        foreach (string line in File.ReadLines(path))
        {
            try
            {
                results.Add(JsonSerializer.Deserialize(line, EvaluationJson.Readable.ItemResult)!);
            }
            catch (JsonException error)
            {
                throw new EvaluationException($"{path}, line {results.Count + 1}: not a result. Run again with the same --out to write the file anew.", error);
            }
        }

        return results;
    }

    /// <summary>Reads the summary of a finished run.</summary>
    /// <exception cref="EvaluationException">The run is not finished, or the file is no summary.</exception>
    public static RunSummary ReadSummary(string folder)
    {
        string path = Path.Combine(folder, Summary);
        if (!File.Exists(path)) throw new EvaluationException($"{folder}: there is no {Summary}; the run is not finished. Start it again with the same --out, and it goes on.");

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), EvaluationJson.Readable.RunSummary)!;
        }
        catch (JsonException error)
        {
            throw new EvaluationException($"{path}: not a summary. Run again with the same --out to write the file anew.", error);
        }
    }

    /// <summary>Writes a run's files; each is whole or not there.</summary>
    internal static void Write(string folder, RunManifest manifest, IReadOnlyList<ItemResult> results, RunSummary summary)
    {
        WriteWhole(Path.Combine(folder, Results), string.Concat(results.Select(r => JsonSerializer.Serialize(r, EvaluationJson.Readable.ItemResult) + "\n")));
        WriteWhole(Path.Combine(folder, Summary), ToJson(summary) + "\n");
        WriteWhole(Path.Combine(folder, Manifest), manifest.ToJson());
    }

    internal static void WriteWhole(string path, string text)
    {
        using AtomicFile file = new(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(text));
        file.Commit();
    }
}
