using System.Text;
using System.Text.Json;

namespace Puna.Cli.Guarding;

/// <summary>A text with what is true of it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Positive">It should be flagged.</param>
/// <param name="Category">Its category, or null.</param>
/// <param name="Line">Line of the file, from 1.</param>
internal sealed record LabelledText(string Text, bool Positive, string? Category, int Line);

/// <summary>Reads labelled texts: JSON lines <c>{"text": …, "label": 0 or 1, "category": …}</c>, or CSV with the columns text, label and, if wanted, category.</summary>
internal static class LabelledTexts
{
    private const long MaxBytes = 512 << 20;

    internal static List<LabelledText> Read(string path)
    {
        string all = InputFile.ReadText(path, MaxBytes);
        List<LabelledText> texts = all.AsSpan().TrimStart().StartsWith("{") ? ReadJsonLines(path, all) : ReadCsv(path, all);
        return texts.Count > 0 ? texts : throw new UsageException($"{path}: there is no text in it.");
    }

    private static List<LabelledText> ReadJsonLines(string path, string all)
    {
        List<LabelledText> texts = [];
        int number = 0;
        foreach (ReadOnlySpan<char> line in all.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsWhiteSpace()) continue;
            try
            {
                using JsonDocument document = JsonDocument.Parse(line.ToString());
                JsonElement root = document.RootElement;
                if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("text", out JsonElement text) || text.ValueKind != JsonValueKind.String) throw Fault(path, number, "'text' is missing or no text");
                root.TryGetProperty("label", out JsonElement label);
                string? category = root.TryGetProperty("category", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
                texts.Add(new LabelledText(text.GetString()!, Label(path, number, label.ValueKind == JsonValueKind.String ? label.GetString()! : label.ValueKind == JsonValueKind.Undefined ? "" : label.GetRawText()), category, number));
            }
            catch (JsonException error)
            {
                throw Fault(path, number, $"this is not readable as JSON: {InputFile.Reason(error)}");
            }
            catch (InvalidOperationException) // half of a surrogate pair
            {
                throw Fault(path, number, "a text is not valid Unicode");
            }
        }

        return texts;
    }

    private static List<LabelledText> ReadCsv(string path, string all)
    {
        List<LabelledText> texts = [];
        (int Text, int Label, int Category)? columns = null;
        foreach ((List<string> fields, int line) in Records(path, all))
        {
            if (columns is null)
            {
                List<string> names = [.. fields.Select(f => f.Trim().ToLowerInvariant())];
                columns = (names.IndexOf("text"), names.IndexOf("label"), names.IndexOf("category"));
                if (columns.Value.Text < 0 || columns.Value.Label < 0)
                    throw new UsageException($"{path}: these are neither JSON lines nor CSV with a first line that names the columns text and label (and category); it has {string.Join(", ", fields.Take(8))}.");
                continue;
            }

            (int text, int label, int category) = columns.Value;
            if (fields.Count <= Math.Max(text, label)) throw Fault(path, line, $"there are {fields.Count} fields, fewer than columns");
            texts.Add(new LabelledText(fields[text], Label(path, line, fields[label].Trim()), category >= 0 && category < fields.Count && fields[category].Length > 0 ? fields[category] : null, line));
        }

        return texts;
    }

    /// <summary>Records of RFC 4180: quoted fields may hold commas, doubled quotes and line breaks.</summary>
    private static IEnumerable<(List<string> Fields, int Line)> Records(string path, string all)
    {
        int line = 1;
        for (int i = 0; i < all.Length;)
        {
            int first = line;
            List<string> fields = [];
            while (true)
            {
                StringBuilder field = new();
                if (i < all.Length && all[i] == '"')
                {
                    for (i++; ; i++)
                    {
                        if (i >= all.Length) throw Fault(path, first, "a quotation mark is not closed");
                        if (all[i] == '"' && (i + 1 >= all.Length || all[i + 1] != '"')) break;
                        if (all[i] == '"') i++;
                        if (all[i] == '\n') line++;
                        field.Append(all[i]);
                    }

                    i++;
                }

                for (; i < all.Length && all[i] is not (',' or '\n' or '\r'); i++) field.Append(all[i]);
                fields.Add(field.ToString());
                if (i >= all.Length || all[i] != ',') break;
                i++;
            }

            if (i < all.Length && all[i] == '\r') i++;
            if (i < all.Length && all[i] == '\n') i++;
            line++;
            if (fields is not [""]) yield return (fields, first);
        }
    }

    private static bool Label(string path, int line, string label) => label.ToLowerInvariant() switch
    {
        "1" or "true" or "1.0" => true,
        "0" or "false" or "0.0" => false,
        _ => throw Fault(path, line, $"the label is '{label}'; 0 and 1 are known"),
    };

    private static UsageException Fault(string path, int line, string what) => new($"{path}, line {line}: {what}.");
}
