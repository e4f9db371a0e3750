using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Evaluation.Data;
using Puna.Evaluation.Grading.Tools;
using Puna.Evaluation.Models;
using static Puna.Evaluation.Tasks.Written.WrittenTask;

namespace Puna.Evaluation.Tasks.Written;

/// <summary>
/// The single-turn Python categories of BFCL: calls written as a Python list and marked by the syntax-tree checker's rules. Rows of
/// other categories (Java, JavaScript, several turns, memory, web search) are left out.
/// </summary>
/// <remarks>Source: ShishirPatil/gorilla, berkeley-function-call-leaderboard.</remarks>
internal static class FunctionCallTask
{
    private const string Instructions =
        "You can call functions. Answer with the calls that the request needs as a Python list and nothing else: [first(a=1), second(b=\"x\")]. Name every argument. Where none of the functions fits, or a required argument is not given, say so in words and call nothing.\n\nThe functions, as JSON:\n";

    private static readonly HashSet<string> Called =
        ["simple", "simple_python", "multiple", "parallel", "parallel_multiple", "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple"];

    private static readonly HashSet<string> Uncalled = ["irrelevance", "live_irrelevance"];
    private static readonly HashSet<string> AnyCall = ["live_relevance"];

    internal static IEnumerable<EvaluationTask> All =>
    [
        new WrittenTask("puna/bfcl", "BFCL, single-turn Python categories: calls as a Python list, by the rules of its syntax-tree checker; no call where none fits", ModelVariant.Instruct,
            new DataLayout("bfcl", "ShishirPatil/gorilla, berkeley-function-call-leaderboard/bfcl_eval/data (Apache-2.0): BFCL_v4_*.json, and possible_answer/ beside them.", "BFCL") { Answers = "possible_answer" }, ["ast"])
        {
            Reader = Read,
            Prompt = (item, _, _) => new ModelRequest
            {
                Turns = [new("system", Instructions + item.Fields["functions"]!.ToJsonString()), .. ((JsonArray)item.Fields["turns"]!).Select(turn => new PromptTurn(turn!["role"]!.ToString(), turn["content"]!.ToString()))],
                MaxTokens = 1024,
            },
            Mark = Mark,
            Right = (item, _) => Right(item),
        },
    ];

    private static EvaluationItem? Read(JsonObject row, RowPlace place)
    {
        string id = Field(row, "id"), category = CategoryOf(id);
        if (!Called.Contains(category) && !Uncalled.Contains(category) && !AnyCall.Contains(category)) return null;

        if (row["question"] is not JsonArray { Count: > 0 } question) throw new EvaluationException("There is no question.");
        JsonArray turns = question[0] as JsonArray ?? question;
        if (turns.Count == 0 || turns.Any(turn => turn is not JsonObject o || o["role"] is null || o["content"] is null)) throw new EvaluationException("A turn of the question lacks role or content.");
        JsonArray functions = row["function"] switch
        {
            JsonArray list => (JsonArray)list.DeepClone(),
            JsonObject one => [one.DeepClone()],
            _ => throw new EvaluationException("There is no function."),
        };
        JsonObject fields = new() { ["turns"] = turns.DeepClone(), ["functions"] = functions };
        if (Called.Contains(category))
        {
            if (row["ground_truth"] is not JsonArray { Count: > 0 } truth || truth.Any(call => call is not JsonObject { Count: 1 } o || o.First().Value is not JsonObject parameters || parameters.Any(p => p.Value is not JsonArray)))
                throw new EvaluationException("There is no ground_truth of the form [{function: {parameter: [values]}}]. It stands in the file of the same name in possible_answer/.");
            fields["expected"] = truth.DeepClone();
        }

        return new EvaluationItem(id, category, fields);
    }

    /// <summary>What stands before the first number of an id such as <c>live_simple_12-3-0</c>.</summary>
    private static string CategoryOf(string id)
    {
        for (int at = id.IndexOf('_', StringComparison.Ordinal); at >= 0; at = id.IndexOf('_', at + 1))
        {
            if (at + 1 < id.Length && char.IsAsciiDigit(id[at + 1])) return id[..at];
        }

        return id;
    }

    private static ItemGrade Mark(EvaluationItem item, string text, int repeat)
    {
        IReadOnlyList<ToolCall>? calls = PythonCalls.Parse(text);
        bool none = calls is not { Count: > 0 };
        if (item.Fields["expected"] is null)
        {
            bool wanted = AnyCall.Contains(item.Group);
            return new ItemGrade(new Dictionary<string, double> { ["ast"] = none != wanted ? 1 : 0 }, none ? "no call" : "calls", none ? "words" : "python list");
        }

        if (calls is null) return Of(Grading.Extraction.None, ("ast", false));

        string? problem = CallMatch.Check(Elements(item, "functions"), Elements(item, "expected"), calls);
        return new ItemGrade(new Dictionary<string, double> { ["ast"] = problem is null ? 1 : 0 }, text, problem is null ? "python list" : $"python list: {problem}");
    }

    private static string Right(EvaluationItem item) => item.Fields["expected"] is null
        ? AnyCall.Contains(item.Group) ? $"[{Elements(item, "functions")[0].GetProperty("name").GetString()}()]" : "None of the functions fits."
        : $"[{string.Join(", ", Elements(item, "expected").Select(PythonLiteral.Call))}]";

    private static IReadOnlyList<JsonElement> Elements(EvaluationItem item, string field) => [.. item.Element(field).EnumerateArray()];
}
