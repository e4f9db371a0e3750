using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Reports;

/// <summary>Chooses the items that a page carries and writes them down for its script.</summary>
internal static class ItemBrowser
{
    // A page stays small enough to open and to send; results.jsonl has everything.
    private const int MaxItems = 600;
    private const int MaxText = 6000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Adds items of one run, wrong ones first where there are too many, else in order of the data.</summary>
    public static void Add(HtmlPage page, RunRecord run)
    {
        ItemResult[] shown = Choose(run.Results, result => result.Metrics.GetValueOrDefault(run.ScoreName) < 1);
        Note(page, run, shown.Length, run.Results.Count);
        page.Items(Json(writer =>
        {
            foreach (ItemResult result in shown) Write(writer, run, result, [("", result)], []);
        }), [("right", "right"), ("wrong", "wrong"), ("unread", "nothing could be read"), ("cut", "ended for lack of room"), ("error", "errors")]);
    }

    /// <summary>Adds items of two runs, those with another score first.</summary>
    public static void Add(HtmlPage page, RunRecord first, RunRecord second, IReadOnlyCollection<string> flipped)
    {
        Dictionary<(string, int), ItemResult> others = second.Results.ToDictionary(result => (result.Id, result.Repeat));
        (ItemResult First, ItemResult Second)[] both = [.. first.Results.Where(result => others.ContainsKey((result.Id, result.Repeat))).Select(result => (result, others[(result.Id, result.Repeat)]))];
        HashSet<string> changed = [.. flipped];
        (ItemResult First, ItemResult Second)[] shown = Choose(both, pair => changed.Contains(pair.First.Id));
        Note(page, first, shown.Length, both.Length);
        page.Items(Json(writer =>
        {
            foreach ((ItemResult a, ItemResult b) in shown)
            {
                double before = a.Metrics.GetValueOrDefault(first.ScoreName), after = b.Metrics.GetValueOrDefault(first.ScoreName);
                Write(writer, first, a, [(first.Name, a), (second.Name, b)], before > after ? ["lost"] : before < after ? ["won"] : a.Prediction != b.Prediction || a.Output != b.Output ? ["changed"] : []);
            }
        }), [("lost", $"better in {first.Name}"), ("won", $"better in {second.Name}"), ("changed", "other answers, same score"), ("right", $"right in {first.Name}"), ("wrong", $"wrong in {first.Name}")]);
    }

    private static T[] Choose<T>(IReadOnlyList<T> all, Func<T, bool> first) => all.Count <= MaxItems ? [.. all] : [.. all.OrderBy(item => first(item) ? 0 : 1).Take(MaxItems)];

    private static void Note(HtmlPage page, RunRecord run, int shown, int all)
    {
        if (shown < all) page.Element("p", $"{shown} of {all} are on this page, the telling ones first; results.jsonl has all.", "soft");
        if (run.IsMasked) page.Element("p", "The authors of this benchmark ask that its questions appear nowhere, so texts are left out.", "note");
    }

    private static string Json(Action<Utf8JsonWriter> items)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, Options))
        {
            writer.WriteStartArray();
            items(writer);
            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, RunRecord run, ItemResult item, (string Run, ItemResult Result)[] answers, string[] kinds)
    {
        double mark = item.Metrics.GetValueOrDefault(run.ScoreName);
        writer.WriteStartObject();
        writer.WriteString("id", item.Repeat == 0 ? item.Id : $"{item.Id} (time {item.Repeat + 1})");
        writer.WriteString("group", item.Group);
        writer.WriteString("mark", string.Join(" → ", answers.Select(answer => answer.Result.Metrics.GetValueOrDefault(run.ScoreName).ToString("0.##", CultureInfo.InvariantCulture))));
        double last = answers[^1].Result.Metrics.GetValueOrDefault(run.ScoreName);
        if (answers.Length == 1 ? mark is 0 or 1 : last != mark) writer.WriteBoolean("right", answers.Length == 1 ? mark == 1 : last > mark);
        writer.WriteString("note", item.Error is not null ? "error" : item.FinishReason == "length" ? "ended for lack of room" : "");
        if (!run.IsMasked)
        {
            writer.WriteString("prompt", Shorten(item.Prompt));
            writer.WriteString("target", item.Target);
        }

        writer.WriteStartArray("kinds");
        foreach (string kind in (string[])[mark == 1 ? "right" : "wrong", .. item.Error is not null ? ["error"] : item.Rule == ItemGrade.NoRule ? (string[])["unread"] : [], .. item.FinishReason == "length" ? (string[])["cut"] : [], .. kinds]) writer.WriteStringValue(kind);
        writer.WriteEndArray();
        writer.WriteStartArray("answers");
        foreach ((string name, ItemResult result) in answers)
        {
            writer.WriteStartObject();
            writer.WriteString("run", name);
            if (!run.IsMasked) writer.WriteString("output", Shorten(result.Output));
            writer.WriteString("scores", string.Join("  ", result.LogLikelihoods.Select(value => value.ToString("F4", CultureInfo.InvariantCulture))));
            writer.WriteString("read", result.Prediction);
            writer.WriteString("rule", result.Rule);
            writer.WriteString("marks", string.Join("  ", result.Metrics.Select(metric => FormattableString.Invariant($"{metric.Key} {metric.Value:0.####}"))));
            writer.WriteString("error", result.Error);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // Long prompts are told by their ends.
    private static string Shorten(string text) => text.Length <= MaxText ? text : $"{text[..(MaxText / 2)]}\n… {text.Length - MaxText} characters …\n{text[^(MaxText / 2)..]}";
}
