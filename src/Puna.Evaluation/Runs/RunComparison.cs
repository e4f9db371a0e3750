using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puna.Evaluation.Runs;

/// <summary>The first place where two runs' results are not the same.</summary>
/// <param name="Id">The item.</param>
/// <param name="Repeat">Which time it was asked.</param>
/// <param name="Field">What differs.</param>
/// <param name="Was">Its value in the first run.</param>
/// <param name="Now">Its value in the second.</param>
public sealed record ResultDifference(string Id, int Repeat, string Field, string Was, string Now);

/// <summary>Tells whether two runs gave the same answers to the bit.</summary>
public static class RunComparison
{
    /// <summary>The first difference, in the order of the data, and how many results differ.</summary>
    /// <returns>(null, 0) where every result is the same.</returns>
    public static (ResultDifference? First, int Count) Compare(IReadOnlyList<ItemResult> was, IReadOnlyList<ItemResult> now)
    {
        if (was.Count != now.Count) return (new ResultDifference("", 0, "number of results", $"{was.Count}", $"{now.Count}"), Math.Abs(was.Count - now.Count));

        ResultDifference? first = null;
        int count = 0;
        for (int i = 0; i < was.Count; i++)
        {
            // Numbers are written so that they read back to the same bits, so equal text is equal bits.
            JsonObject before = (JsonObject)JsonSerializer.SerializeToNode(was[i], EvaluationJson.Readable.ItemResult)!, after = (JsonObject)JsonSerializer.SerializeToNode(now[i], EvaluationJson.Readable.ItemResult)!;
            foreach (string field in before.Select(p => p.Key).Union(after.Select(p => p.Key)))
            {
                string a = before[field]?.ToJsonString() ?? "nothing", b = after[field]?.ToJsonString() ?? "nothing";
                if (a == b) continue;

                count++;
                first ??= new ResultDifference(was[i].Id, was[i].Repeat, field, a, b);
                break;
            }
        }

        return (first, count);
    }
}
