using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Puna.Evaluation.Data;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Runs;

/// <summary>A manifest entry that is not the same in two runs.</summary>
/// <param name="Path">Its path, such as <c>model.template.sha256</c>.</param>
/// <param name="Was">Its value in the first run.</param>
/// <param name="Now">Its value in the second.</param>
public sealed record ManifestDifference(string Path, string Was, string Now);

/// <summary>
/// What a score was made from. <see cref="Identity"/> has everything that can change an answer, and its hash names the run;
/// <see cref="Execution"/> has what cannot (threads, batch, machine, times) and what is needed to start again (paths).
/// </summary>
/// <param name="Identity">Model, data, recipe, decoding and engine.</param>
/// <param name="Execution">Where, when and how fast.</param>
public sealed record RunManifest(JsonObject Identity, JsonObject Execution)
{
    /// <summary>SHA-256 of the identity, in hexadecimal.</summary>
    [JsonIgnore]
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Identity.ToJsonString())));

    /// <summary>The manifest of a run that has yet to begin.</summary>
    public static RunManifest Of(PreparedRun run, IModelUnderTest model) => new(
        new JsonObject
        {
            ["recipe"] = new JsonObject
            {
                ["name"] = run.Task.Name,
                ["version"] = run.Task.Version,
                ["label"] = run.Label,
                ["shots"] = run.Shots,
                ["repeats"] = run.Task.Repeats,
                ["prompts"] = Hash(run.PromptHashes),
            },
            ["data"] = Data(run),
            ["decoding"] = Decoding(run),
            ["model"] = model.Describe(),
            ["engine"] = Engine(),
        },
        []);

    /// <summary>What two runs do not have in common, in the order of the manifest.</summary>
    public IReadOnlyList<ManifestDifference> DifferencesTo(RunManifest other)
    {
        List<ManifestDifference> found = [];
        Compare("", Identity, other.Identity, found);
        return found;
    }

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="EvaluationException">The file is not one.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RunManifest Read(string path)
    {
        try
        {
            JsonObject json = (JsonObject)JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })!;
            return new RunManifest((JsonObject)json["identity"]!.DeepClone(), (JsonObject)json["execution"]!.DeepClone());
        }
        catch (Exception error) when (error is JsonException or InvalidCastException or NullReferenceException)
        {
            throw new EvaluationException($"{path}: not the manifest of a run. Name a folder that puna eval run has written.", error);
        }
    }

    internal string ToJson() => JsonSerializer.Serialize(
        new JsonObject { ["id"] = Id, ["identity"] = Identity.DeepClone(), ["execution"] = Execution.DeepClone() }, EvaluationJson.Indented.JsonObject) + "\n";

    /// <summary>The program that asks, reads and, in this process, computes.</summary>
    internal static JsonObject Engine() => new() { ["puna"] = typeof(RunManifest).Assembly.GetName().Version!.ToString(3) };

    private static JsonObject Data(PreparedRun run)
    {
        JsonObject files = [];
        foreach (DataFile file in run.Data.Files) files.Add(file.Path, file.Sha256);
        return new JsonObject
        {
            ["origin"] = run.Data.Origin,
            ["split"] = run.Task.Data.Test,
            ["files"] = files,
            ["items"] = run.Items.Count,
            ["of"] = run.Data.Items.Count,
            ["limit"] = run.Settings.Limit,
            ["seed"] = run.Settings.Limit is null && !run.Draws ? null : run.Settings.Seed,
            ["item_ids"] = Hash(run.Items.Select(item => item.Id)),
            ["item_contents"] = Hash(run.Items.Select(item => item.Hash)),
        };
    }

    private static JsonObject Decoding(PreparedRun run)
    {
        if (run.Task.ScoresContinuations) return new JsonObject { ["mode"] = "loglikelihood" };

        return new JsonObject
        {
            ["mode"] = "generation",
            ["temperature"] = Values(request => request.Temperature),
            ["max_tokens"] = Values(request => request.MaxTokens),
            ["stop"] = Values(request => string.Join(" | ", request.Stop)),
            ["seeds"] = run.Requests.Any(request => request.Temperature > 0) ? Hash(run.Requests.Select(request => request.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture))) : null,
        };

        string Values<T>(Func<ModelRequest, T> value) => string.Join(" or ", run.Requests.Select(value).Distinct().Take(5).Select(v => FormattableString.Invariant($"{v}")));
    }

    private static string Hash(IEnumerable<string> parts) => ModelDescription.Hash(string.Join('\n', parts));

    private static void Compare(string path, JsonNode? was, JsonNode? now, List<ManifestDifference> found)
    {
        if (was is JsonObject before && now is JsonObject after)
        {
            foreach (string key in before.Select(p => p.Key).Union(after.Select(p => p.Key))) Compare(path.Length == 0 ? key : $"{path}.{key}", before[key], after[key], found);
        }
        else if (!JsonNode.DeepEquals(was, now))
        {
            found.Add(new ManifestDifference(path, Text(was), Text(now)));
        }

        static string Text(JsonNode? node) => node?.ToJsonString() ?? "(nothing)";
    }
}
