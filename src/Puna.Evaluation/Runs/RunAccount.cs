using System.Text.Json.Nodes;

namespace Puna.Evaluation.Runs;

/// <summary>What earlier starts of a run took and cost, as their manifest tells; a start that was killed left nothing.</summary>
/// <param name="Seconds">Time of the earlier starts.</param>
/// <param name="Answers">Answers that came in that time.</param>
/// <param name="Usage">What an endpoint was asked; null for none.</param>
internal sealed record RunAccount(double Seconds, int Answers, JsonNode? Usage)
{
    private const string SecondsKey = "seconds", AnswersKey = "timed_answers", UsageKey = "usage";

    /// <summary>The account in a folder's manifest, of nothing where there is none.</summary>
    public static RunAccount Of(string? folder)
    {
        if (folder is null || !File.Exists(Path.Combine(folder, ResultFolder.Manifest))) return new RunAccount(0, 0, null);

        JsonObject execution = ResultFolder.ReadManifest(folder).Execution;
        return new RunAccount((double?)execution[SecondsKey] ?? 0, (int?)execution[AnswersKey] ?? 0, execution[UsageKey]?.DeepClone());
    }

    /// <summary>The entries of an execution with this start's time and cost added.</summary>
    public JsonObject After(JsonObject? execution, TimeSpan elapsed, int answers)
    {
        JsonObject after = execution ?? [];
        after[SecondsKey] = Math.Round(Seconds + elapsed.TotalSeconds, 3);
        after[AnswersKey] = Answers + answers;
        if (Usage is not null) after[UsageKey] = Sum(Usage, after[UsageKey]);
        return after;
    }

    // Numbers add up, lists are joined.
    private static JsonNode? Sum(JsonNode? before, JsonNode? now) => (before, now) switch
    {
        (null, _) => now?.DeepClone(),
        (_, null) => before.DeepClone(),
        (JsonObject a, JsonObject b) => new JsonObject(a.Select(p => p.Key).Union(b.Select(p => p.Key)).Select(key => KeyValuePair.Create(key, Sum(a[key], b[key])))),
        (JsonArray a, JsonArray b) => new JsonArray([.. a.Concat(b).DistinctBy(item => item?.ToJsonString()).Select(item => item?.DeepClone())]),
        _ => JsonValue.Create(decimal.Parse(before.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture) + decimal.Parse(now.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture)),
    };
}
