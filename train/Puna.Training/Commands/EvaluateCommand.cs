using System.Text.Json;
using Puna.Engine.Constraints;
using Puna.Prompting;
using Puna.Training.Data;
using Puna.Training.Evaluation;
using Puna.Training.Numerics;

namespace Puna.Training.Commands;

/// <summary>Scores a model file on held-out values, on documents and conversations written by hand, and on tool calls.</summary>
internal static class EvaluateCommand
{
    public static void Run(Options options)
    {
        ulong seed = (ulong)options.Int("seed", 20261124);
        int count = options.Int("count", 200);
        bool show = options.Int("show-errors", 0) > 0;
        string[] parts = options.Text("parts", "documents,handwritten,chat,tools").Split(',');
        using ModelAnswers model = new(options.Text("model"), options.Int("threads", 2));
        Console.WriteLine($"{options.Text("model")}, seed {seed}");
        if (parts.Contains("documents")) Generated(model, seed, count, show);
        if (parts.Contains("handwritten") && options.Optional("handwritten") is string path) Handwritten(model, path, show);
        if (parts.Contains("chat") && options.Optional("chat") is string talk) Chat(model, talk, show);
        if (!parts.Contains("tools")) return;

        Tools(model, seed, count / 2, heldOut: false, show);
        Tools(model, seed, count / 2, heldOut: true, show);
    }

    private static void Generated(ModelAnswers model, ulong seed, int count, bool show)
    {
        Tally tally = new(model, show);
        for (int i = 0; i < count; i++)
        {
            SeededRandom random = SeededRandom.For(seed, i);
            DocumentKind kind = DocumentKind.All[i % DocumentKind.All.Count];
            WrittenDocument document = new DocumentWriter(random, ValueLists.HeldOut).Write(kind, random.Next(3, 8));
            Conversation conversation = ExtractionTask.Ask(random, document, plain: true);
            tally.Ask(kind.Name, conversation.Messages[0].Content, conversation.Schema!, conversation.Expected);
        }

        tally.Print("generated documents, held-out values");
    }

    private static void Handwritten(ModelAnswers model, string path, bool show)
    {
        Tally tally = new(model, show);
        foreach (string entry in File.ReadAllText(path).Split("=== ")[1..])
        {
            int line = entry.IndexOf('\n', StringComparison.Ordinal), answer = entry.LastIndexOf("--- ", StringComparison.Ordinal);
            if (line < 0 || answer < line) throw new FormatException($"{path}: the document '{entry[..Math.Min(40, entry.Length)]}…' has no line that begins with '--- ' and gives the answer.");
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

            string form = $"{{\"type\":\"object\",\"properties\":{{{string.Join(',', schema)}}}}}";
            tally.Ask(kind, ExtractionPrompt.Write(ExtractionPrompt.Instruction, form, document), form, $"{{{string.Join(',', expected)}}}");
        }

        tally.Print("documents written by hand");
    }

    private static void Chat(ModelAnswers model, string path, bool show)
    {
        Score all = new();
        SortedDictionary<string, Score> subjects = new(StringComparer.Ordinal);
        foreach (ChatCheck check in ChatCheck.Read(path))
        {
            if (!subjects.TryGetValue(check.Subject, out Score? own)) subjects[check.Subject] = own = new Score();
            List<(string Role, string Content)> messages = check.System is { } system ? [("system", system)] : [];
            foreach (ChatTurn turn in check.Turns)
            {
                messages.Add(("user", turn.Text));
                string answer = model.Answer(messages);
                messages.Add(("assistant", answer));
                bool right = turn.Accepts(answer);
                all.Add(right);
                own.Add(right);
                if (!right && show) Console.WriteLine($"    {check.Subject}: {turn.Text}\n    got    {answer}");
            }
        }

        Console.WriteLine($"short talk, answers as they should be: {all}");
        foreach ((string subject, Score score) in subjects) Console.WriteLine($"  {subject}: {score}");
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

    /// <summary>Scores of documents: as the model writes by itself, and held to the schema as <c>puna extract</c> holds it.</summary>
    private sealed class Tally(ModelAnswers model, bool show)
    {
        private readonly SortedDictionary<string, Score> _kinds = new(StringComparer.Ordinal);
        private readonly Score _fields = new(), _documents = new(), _ownFields = new(), _ownDocuments = new();

        public void Ask(string kind, string prompt, string schema, string expected)
        {
            if (!_kinds.TryGetValue(kind, out Score? own)) _kinds[kind] = own = new Score();
            string free = model.Answer([("user", prompt)]);
            Judge(expected, free, [_ownFields], _ownDocuments);
            string held = model.Answer([("user", prompt)], Constraint.FromJsonSchema(schema));
            if (!Judge(expected, held, [_fields, own], _documents) && show) Console.WriteLine($"    wanted {expected}\n    got    {held}");
        }

        public void Print(string what)
        {
            Console.WriteLine($"{what}: fields {_fields}");
            foreach ((string kind, Score score) in _kinds) Console.WriteLine($"  {kind}: fields {score}");
            Console.WriteLine($"  whole documents right: {_documents}");
            Console.WriteLine($"  not held to the schema: fields {_ownFields}, whole documents {_ownDocuments}");
        }

        private static bool Judge(string expected, string answer, Score[] fields, Score documents)
        {
            bool whole = true;
            foreach ((_, bool right) in Score.Fields(expected, answer))
            {
                foreach (Score score in fields) score.Add(right);
                whole &= right;
            }

            documents.Add(whole);
            return whole;
        }
    }
}
