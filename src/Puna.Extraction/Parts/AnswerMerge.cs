using Puna.Extraction.Answers;

namespace Puna.Extraction.Parts;

/// <summary>
/// Makes one answer of those of a document's parts. Objects are merged property by property. Arrays are joined in the order of the parts,
/// without items that an earlier part gave already and, if any item is in the document, without items that are not. Of single values
/// the one found in the document wins, among several the most confident; if none was found, null or leaving the property out wins over a value.
/// </summary>
internal static class AnswerMerge
{
    internal static AnswerNode Merge(IReadOnlyList<AnswerNode> answers)
    {
        if (answers.Count == 1) return answers[0];

        AnswerNode[] given = [.. answers.Where(answer => !IsNull(answer))];
        if (given.Length == 0) return answers[0];
        if (given.All(answer => answer is AnswerObject)) return MergeObjects([.. given.Cast<AnswerObject>()]);
        if (given.All(answer => answer is AnswerArray)) return JoinArrays([.. given.Cast<AnswerArray>()]);

        AnswerNode best = given.OrderByDescending(answer => answer.IsSupported).ThenByDescending(Confidence).First(); // the order is stable: the earliest of equals
        return best.IsSupported ? best : answers.FirstOrDefault(IsNull) ?? best;
    }

    /// <summary>The part's answer that has most leaves in the document, the earliest of equals.</summary>
    internal static AnswerNode Best(IReadOnlyList<AnswerNode> answers) => answers.MaxBy(answer => answer.Leaves().Count(leaf => leaf.Leaf.Evidence is not null))!;

    private static AnswerObject MergeObjects(IReadOnlyList<AnswerObject> objects)
    {
        List<string> names = [];
        foreach (AnswerObject o in objects)
        {
            int at = 0; // a name that is new stands behind the one before it, so that the schema's order is kept
            foreach ((string name, _) in o.Properties)
            {
                int known = names.IndexOf(name);
                if (known >= 0)
                {
                    at = known + 1;
                    continue;
                }

                names.Insert(at++, name);
            }
        }

        List<(string, AnswerNode)> merged = [];
        foreach (string name in names)
        {
            AnswerNode[] values = [.. objects.SelectMany(o => o.Properties.Where(p => p.Name == name).Select(p => p.Value))];
            AnswerNode value = Merge(values);
            if (values.Length == objects.Count || value.IsSupported) merged.Add((name, value));
        }

        return new AnswerObject(merged);
    }

    private static AnswerArray JoinArrays(IReadOnlyList<AnswerArray> arrays)
    {
        bool onlySupported = arrays.Any(array => array.IsSupported);
        List<AnswerNode> items = [];
        HashSet<string> before = new(StringComparer.Ordinal);
        foreach (AnswerArray array in arrays)
        {
            List<string> now = [];
            foreach (AnswerNode item in array.Items)
            {
                string json = Convert.ToBase64String(item.ToJson());
                if (before.Contains(json) || (onlySupported && !item.IsSupported)) continue;
                items.Add(item);
                now.Add(json);
            }

            before.UnionWith(now);
        }

        return new AnswerArray(items);
    }

    private static bool IsNull(AnswerNode node) => node is AnswerLeaf { Value.ValueKind: System.Text.Json.JsonValueKind.Null };

    private static double Confidence(AnswerNode node) => node.Leaves().Select(leaf => leaf.Leaf.Confidence).DefaultIfEmpty(0).Average();
}
