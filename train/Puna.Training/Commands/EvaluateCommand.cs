using System.Text.Json;
using Puna.Training.Data;
using Puna.Training.Evaluation;
using Puna.Training.Numerics;

namespace Puna.Training.Commands;

/// <summary>Scores a model file on held-out values, on documents written by hand, and on tool calls.</summary>
internal static class EvaluateCommand
{
    public static void Run(Options options)
    {
        ulong seed = (ulong)options.Int("seed", 20261124);
        int count = options.Int("count", 200);
        bool show = options.Int("show-errors", 0) > 0;
        using ModelAnswers model = new(options.Text("model"), options.Int("threads", 2));
        Console.WriteLine($"{options.Text("model")}, seed {seed}");
        Generated(model, seed, count, show);
        if (options.Optional("handwritten") is string path) Handwritten(model, path, show);
        Tools(model, seed, count / 2, heldOut: false, show);
        Tools(model, seed, count / 2, heldOut: true, show);
    }

    private static void Generated(ModelAnswers model, ulong seed, int count, bool show)
    {
        Score all = new(), documents = new();
        SortedDictionary<string, Score> kinds = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            SeededRandom random = SeededRandom.For(seed, i);
            DocumentKind kind = DocumentKind.All[i % DocumentKind.All.Count];
            WrittenDocument document = new DocumentWriter(random, ValueLists.HeldOut).Write(kind, random.Next(3, 8));
            Conversation conversation = ExtractionTask.Ask(random, document, plain: true);
            if (!kinds.TryGetValue(kind.Name, out Score? own)) kinds[kind.Name] = own = new Score();
            documents.Add(Judge(model, conversation.Messages[0].Content, conversation.Expected, [all, own], show));
        }

        Console.WriteLine($"generated documents, held-out values: fields {all}");
        foreach ((string kind, Score score) in kinds) Console.WriteLine($"  {kind}: fields {score}");
        Console.WriteLine($"  whole documents right: {documents}");
    }

    private static void Handwritten(ModelAnswers model, string path, bool show)
    {
        Score all = new(), documents = new();
        SortedDictionary<string, Score> kinds = new(StringComparer.Ordinal);
        foreach (string entry in File.ReadAllText(path).Split("=== ")[1..])
        {
            int line = entry.IndexOf('\n', StringComparison.Ordinal), answer = entry.LastIndexOf("--- ", StringComparison.Ordinal);
            string kind = entry[..line], document = entry[line..answer].Trim();
            List<string> schema = [], expected = [];
            using JsonDocument values = JsonDocument.Parse(entry[(answer + 4)..]);
            foreach (JsonProperty field in values.RootElement.EnumerateObject())
            {
                string name = field.Name.TrimEnd('@'), raw = field.Value.GetRawText();
                string type = field.Name.EndsWith('@') ? "{\"type\":\"string\",\"format\":\"date\"}"
                    : name is "level" ? "{\"enum\":[\"DEBUG\",\"INFO\",\"WARN\",\"ERROR\",\"FATAL\"]}"
                    : field.Value.ValueKind == JsonValueKind.String ? "{\"type\":\"string\"}"
                    : raw.Contains('.', StringComparison.Ordinal) ? "{\"type\":\"number\"}" : "{\"type\":\"integer\"}";
                schema.Add($"\"{name}\":{type}");
                expected.Add($"\"{name}\":{raw}");
            }

            if (!kinds.TryGetValue(kind, out Score? own)) kinds[kind] = own = new Score();
            string prompt = ExtractionTask.Prompt(ExtractionTask.Instruction, $"{{\"type\":\"object\",\"properties\":{{{string.Join(',', schema)}}}}}", document);
            documents.Add(Judge(model, prompt, $"{{{string.Join(',', expected)}}}", [all, own], show));
        }

        Console.WriteLine($"documents written by hand: fields {all}");
        foreach ((string kind, Score score) in kinds) Console.WriteLine($"  {kind}: fields {score}");
        Console.WriteLine($"  whole documents right: {documents}");
    }

    private static bool Judge(ModelAnswers model, string prompt, string expected, Score[] scores, bool show)
    {
        string answer = model.Answer([("user", prompt)]);
        bool whole = true;
        foreach ((_, bool right) in Score.Fields(expected, answer))
        {
            foreach (Score score in scores) score.Add(right);
            whole &= right;
        }

        if (!whole && show) Console.WriteLine($"    wanted {expected}\n    got    {answer}");
        return whole;
    }

    private static void Tools(ModelAnswers model, ulong seed, int count, bool heldOut, bool show)
    {
        Score score = new();
        for (int i = 0; i < count; i++)
        {
            Conversation conversation = ToolTask.Make(SeededRandom.For(seed + 1, i), ValueLists.HeldOut, heldOut, plain: true);
            string answer = model.Answer(conversation.Messages.SkipLast(1));
            score.Add(answer == conversation.Expected);
            if (show && answer != conversation.Expected) Console.WriteLine($"    wanted {conversation.Expected}\n    got    {answer}");
        }

        Console.WriteLine($"tool calls, {(heldOut ? "tools never seen" : "tools of the training set or invented")}, held-out values: exact {score}");
    }
}
