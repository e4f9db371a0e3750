using System.Text.Json;

namespace Puna.Evaluation.Grading.Fields;

/// <summary>
/// Grades an object that was read from a document against its reference. Items of lists are paired so that most of them fit,
/// and an answer that is no JSON has missed every field: a score over parsed answers only would say nothing.
/// </summary>
internal static class FieldExtraction
{
    // Pairing costs the cube, for lists within lists many times over; items beyond count as missing or made up.
    private const int MaxPaired = 200;
    private const int MaxPairedWithin = 16;

    /// <summary>Grades an answer.</summary>
    /// <param name="answer">The model's text, with or without a fence around its JSON.</param>
    /// <param name="gold">The reference.</param>
    /// <param name="schema">The schema both follow, the default value for none.</param>
    public static FieldScore Grade(string answer, JsonElement gold, FieldSchema schema = default)
    {
        List<FieldOutcome> outcomes = [];
        using JsonDocument? document = Read(answer);
        if (document is null) AddLeaves(gold, "", FieldVerdict.Missing, outcomes);
        else Compare(document.RootElement, gold, schema, "", outcomes, MaxPaired);
        return new FieldScore(document is not null, outcomes);
    }

    /// <summary>The answer's JSON, or null where it is none or spells text that is none.</summary>
    public static JsonDocument? Read(string answer)
    {
        JsonDocument? document = JsonAnswer.TryParse(answer);
        if (document is null || IsText(document.RootElement)) return document;
        document.Dispose();
        return null;
    }

    /// <summary>
    /// Whether a quote proves a value: it stands in the document, and the value stands in it (white space and case aside).
    /// </summary>
    public static bool EvidenceHolds(string document, string quote, JsonElement value)
    {
        string evidence = FieldValue.Normalize(quote);
        if (evidence.Length == 0 || !FieldValue.Normalize(document).Contains(evidence, StringComparison.Ordinal)) return false;
        if (evidence.Contains(FieldValue.Normalize(FieldValue.Text(value)), StringComparison.Ordinal)) return true;
        return FieldValue.Number(FieldValue.Text(value)) is { } number
            && quote.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Any(word => FieldValue.Number(word.Trim('.', ',', ';', ':')) == number);
    }

    private static void Compare(JsonElement predicted, JsonElement gold, FieldSchema schema, string path, List<FieldOutcome> outcomes, int maxPaired)
    {
        if (gold.ValueKind == JsonValueKind.Object && predicted.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in gold.EnumerateObject())
            {
                string name = Join(path, property.Name);
                if (predicted.TryGetProperty(property.Name, out JsonElement value)) Compare(value, property.Value, schema.Property(property.Name), name, outcomes, maxPaired);
                else AddLeaves(property.Value, name, FieldVerdict.Missing, outcomes);
            }

            foreach (JsonProperty property in predicted.EnumerateObject())
            {
                if (!gold.TryGetProperty(property.Name, out _)) AddLeaves(property.Value, Join(path, property.Name), FieldVerdict.Hallucinated, outcomes);
            }
        }
        else if (gold.ValueKind == JsonValueKind.Array && predicted.ValueKind == JsonValueKind.Array)
        {
            CompareItems([.. predicted.EnumerateArray()], [.. gold.EnumerateArray()], schema.Items(), path + "[]", outcomes, maxPaired);
        }
        else if (IsLeaf(gold) && IsLeaf(predicted))
        {
            bool exact = FieldValue.IsExact(predicted, gold);
            outcomes.Add(new FieldOutcome(path, exact || FieldValue.IsEqual(predicted, gold, schema.Kind(gold)) ? FieldVerdict.Right : FieldVerdict.Wrong, exact));
        }
        else
        {
            AddLeaves(gold, path, FieldVerdict.Missing, outcomes);
            AddLeaves(predicted, path, FieldVerdict.Hallucinated, outcomes);
        }
    }

    private static void CompareItems(JsonElement[] predicted, JsonElement[] gold, FieldSchema schema, string path, List<FieldOutcome> outcomes, int maxPaired)
    {
        int rows = Math.Min(gold.Length, maxPaired), columns = Math.Min(predicted.Length, maxPaired);
        double[,] likeness = new double[rows, columns];
        List<FieldOutcome> scratch = [];
        for (int g = 0; g < rows; g++)
        {
            for (int p = 0; p < columns; p++)
            {
                scratch.Clear();
                Compare(predicted[p], gold[g], schema, path, scratch, MaxPairedWithin);

                // Where nothing tells pairs apart, the order does.
                likeness[g, p] = FieldCounts.Of(scratch).F1 + (g == p ? 1e-6 : 0);
            }
        }

        int[] partner = Assignment.Best(likeness);
        HashSet<int> taken = [.. partner];
        for (int g = 0; g < gold.Length; g++)
        {
            if (g < rows && partner[g] >= 0) Compare(predicted[partner[g]], gold[g], schema, path, outcomes, MaxPairedWithin);
            else AddLeaves(gold[g], path, FieldVerdict.Missing, outcomes);
        }

        for (int p = 0; p < predicted.Length; p++)
        {
            if (!taken.Contains(p)) AddLeaves(predicted[p], path, FieldVerdict.Hallucinated, outcomes);
        }
    }

    private static void AddLeaves(JsonElement value, string path, FieldVerdict verdict, List<FieldOutcome> outcomes)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject()) AddLeaves(property.Value, Join(path, property.Name), verdict, outcomes);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray()) AddLeaves(item, path + "[]", verdict, outcomes);
        }
        else if (IsLeaf(value))
        {
            outcomes.Add(new FieldOutcome(path, verdict, Exact: false));
        }
    }

    // Escapes can spell half of a surrogate pair, which is no text.
    private static bool IsText(JsonElement value)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.Object => value.EnumerateObject().All(property => property.Name is not null && IsText(property.Value)),
                JsonValueKind.Array => value.EnumerateArray().All(IsText),
                JsonValueKind.String => value.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // Null is the absence of a value on both sides.
    private static bool IsLeaf(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
