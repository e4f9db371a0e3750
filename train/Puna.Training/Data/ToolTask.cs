using System.Text;
using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>Up to three tools are offered; the answer is a call in Llama 4's form, <c>[name(argument="value")]</c>.</summary>
internal static class ToolTask
{
    /// <summary>What the chat template of the model writes between the tools and the rest of the system message.</summary>
    public const string Offer = "You can call these functions. Answer with a list of calls such as [name(argument=\"value\")], or with text if none fits.";

    private static readonly Dictionary<string, List<ToolKind>> Sets = new(StringComparer.Ordinal) { ["train"] = Read("train"), ["heldout"] = Read("heldout") };

    private static readonly string[] Verbs = ["get", "find", "set", "create", "delete", "update", "list", "check", "start", "stop", "send", "open"];
    private static readonly string[] Unfit = ["Hello!", "Who are you?", "What can you do?", "Thanks!", "Tell me a joke.", "Write a poem about <word>.", "What is the meaning of life?"];

    private sealed record ToolKind(string Name, string Description, List<(string Name, string Type)> Arguments, List<string> Requests);

    /// <summary>A conversation whose last answer is a call, or text where no tool fits.</summary>
    public static Conversation Make(SeededRandom random, ValueLists lists, bool heldOutTools = false, bool plain = false)
    {
        ValueMaker maker = new(random, lists);
        List<ToolKind> offered = [.. heldOutTools ? Sets["heldout"] : Sets["train"]];
        random.Shuffle(offered);
        offered = offered[..random.Next(1, 3)];
        if (!heldOutTools) for (int i = 0; i < offered.Count; i++) if (random.Chance(0.35)) offered[i] = Invent(random, maker);
        ToolKind wanted = random.Pick(offered);

        Conversation conversation = new();
        string system = !plain && random.Chance(0.3) ? random.Pick(ChatTask.Systems) + "\n\n" : "";
        bool described = plain || random.Chance(0.7), required = plain || random.Chance(0.6);
        conversation.System($"{system}{Offer}\n{string.Join('\n', offered.Select(t => Definition(t, described, required)))}");
        if (!plain && random.Chance(0.08))
            return conversation.User(maker.Text(random.Pick(Unfit))).Answer("None of these functions fits. I am Puna's demo model; ask me for something they can do.");

        Dictionary<string, string> values = new(StringComparer.Ordinal);
        string request = Grammar.Expand(random.Pick(wanted.Requests), random, slot =>
        {
            int colon = slot.IndexOf(':', StringComparison.Ordinal);
            return values[slot[..colon]] = Value(slot[(colon + 1)..], random, maker);
        });
        StringBuilder call = new($"[{wanted.Name}(");
        foreach ((string name, string type) in wanted.Arguments)
            call.Append(call[^1] == '(' ? "" : ", ").Append(name).Append('=').Append(type == "string" ? JsonText.Quote(values[name]) : values[name]);
        return conversation.User(request).Answer(call.Append(")]").ToString());
    }

    // Names and arguments never seen, so that definitions must be read.
    private static ToolKind Invent(SeededRandom random, ValueMaker maker)
    {
        string verb = random.Pick(Verbs), noun = random.Chance(0.5) ? maker.Text("<word>") : random.Pick(["room", "account", "device", "project", "task", "file", "report", "ticket", "member", "sensor", "camera", "playlist"]);
        string argument = random.Chance(0.3) ? maker.Text("<word>") : random.Pick(["name", "id", "title", "value", "target", "query", "number", "place"]);
        string kind = random.Pick(["person", "city", "code", "word", "product", "range:1:999", "company", "letters:5"]);
        string type = kind.StartsWith("range", StringComparison.Ordinal) ? "integer" : "string";
        return new ToolKind($"{verb}_{noun}", $"{char.ToUpperInvariant(verb[0])}{verb[1..]} a {noun}", [(argument, type)],
            [$"[{char.ToUpperInvariant(verb[0])}{verb[1..]}|Please {verb}|I want to {verb}|{verb}] the {noun} <{argument}:{kind}>[|.|, please]"]);
    }

    private static string Definition(ToolKind tool, bool described, bool required)
    {
        StringBuilder json = new($"{{\"name\": \"{tool.Name}\"");
        if (described) json.Append($", \"description\": \"{tool.Description}\"");
        json.Append(", \"parameters\": {\"type\": \"object\", \"properties\": {");
        json.AppendJoin(", ", tool.Arguments.Select(a => $"\"{a.Name}\": {{\"type\": \"{a.Type}\"}}"));
        json.Append('}');
        if (required) json.Append(", \"required\": [").AppendJoin(", ", tool.Arguments.Select(a => $"\"{a.Name}\"")).Append(']');
        return json.Append("}}").ToString();
    }

    private static string Value(string kind, SeededRandom random, ValueMaker maker) => kind switch
    {
        "cur" => random.Pick(["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "INR"]),
        "lang" => random.Pick(["German", "French", "Spanish", "Italian", "Japanese", "Polish", "Hindi", "Swedish"]),
        "room" => random.Pick(["kitchen", "bedroom", "living room", "hall", "office", "garage", "bathroom", "garden"]),
        _ => maker.Text($"<{kind}>"),
    };

    private static List<ToolKind> Read(string set)
    {
        List<ToolKind> tools = [];
        foreach (string line in Resources.Read($"tools.{set}.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ');
            switch (parts[0])
            {
                case "tool": tools.Add(new ToolKind(parts[1], string.Join(' ', parts[2..]), [], [])); break;
                case "arg": tools[^1].Arguments.Add((parts[1], parts[2])); break;
                case "req": tools[^1].Requests.Add(line[4..]); break;
                default: throw new FormatException($"tools/{set}.txt: '{line}' begins with no known word.");
            }
        }

        return tools;
    }
}
