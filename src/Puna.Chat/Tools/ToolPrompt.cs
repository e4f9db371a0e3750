using System.Text.Encodings.Web;
using System.Text.Json;
using Puna.Chat.Templates;

namespace Puna.Chat.Tools;

/// <summary>Puts tools into messages, for chat templates that do not do it themselves.</summary>
public static class ToolPrompt
{
    private static readonly JsonWriterOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, IndentSize = 4, NewLine = "\n" };

    /// <summary>Writes definitions into the system message, which is added where there is none.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="tools">Definitions, each the function itself or <c>{"type", "function"}</c> around it.</param>
    /// <param name="form">How calls are to be written.</param>
    public static IReadOnlyList<TemplateMessage> WithDefinitions(IReadOnlyList<TemplateMessage> messages, IReadOnlyList<JsonElement> tools, ToolPromptForm form)
    {
        string words = Words(tools, form);
        return messages is [{ Role: "system" } system, ..]
            ? [system with { Content = $"{words}\n\n{Text(system)}", Parts = null }, .. messages.Skip(1)]
            : [new TemplateMessage("system", words), .. messages];
    }

    /// <summary>Writes calls as the text that the model wrote, and gives their results the role that Llama knows for them.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="form">How calls are written.</param>
    public static IReadOnlyList<TemplateMessage> WithCallsAsText(IReadOnlyList<TemplateMessage> messages, ToolPromptForm form) =>
    [
        .. messages.Select(message => message switch
        {
            { ToolCalls: { Count: > 0 } calls } => message with { Content = Text(message) + Calls(calls, form), Parts = null, ToolCalls = null },
            { Role: "tool" } => message with { Role = "ipython" },
            _ => message,
        }),
    ];

    /// <summary>
    /// Gives every call a message of its own, followed by its result, for templates that take one call in a message.
    /// </summary>
    /// <param name="messages">The conversation.</param>
    public static IReadOnlyList<TemplateMessage> WithOneCallAMessage(IReadOnlyList<TemplateMessage> messages)
    {
        List<TemplateMessage> result = [];
        for (int i = 0; i < messages.Count; i++)
        {
            TemplateMessage message = messages[i];
            if (message.ToolCalls is not { Count: > 1 } calls)
            {
                result.Add(message);
                continue;
            }

            List<TemplateMessage> answers = [.. messages.Skip(i + 1).TakeWhile(m => m.Role is "tool" or "ipython")];
            i += answers.Count;
            for (int k = 0; k < calls.Count; k++)
            {
                result.Add(message with { Content = k == 0 ? Text(message) : "", Parts = null, ToolCalls = [calls[k]] });
                int answer = answers.FindIndex(m => m.ToolCallId == calls[k].Id);
                if (answer < 0) continue;
                result.Add(answers[answer]);
                answers.RemoveAt(answer);
            }

            result.AddRange(answers);
        }

        return result;
    }

    private static string Words(IReadOnlyList<JsonElement> tools, ToolPromptForm form)
    {
        string definitions = JsonWriting.Write(writer =>
        {
            writer.WriteStartArray();
            foreach (JsonElement tool in tools) (tool.TryGetProperty("function", out JsonElement function) ? function : tool).WriteTo(writer);
            writer.WriteEndArray();
        }, Indented);
        string answer = form == ToolPromptForm.Pythonic
            ? "To call functions, answer with nothing but a list of calls: [name1(argument1=value1, argument2=value2), name2(argument1=value1)]\n"
                + "Values are Python literals; strings stand in quotation marks. Calls that do not depend on each other belong in one list."
            : "To call a function, answer with nothing but a JSON object: {\"name\": function name, \"parameters\": dictionary of argument name and its value}\n"
                + "Write values out; do not use variables.";
        return $"You can call functions. Call one only if it helps to answer; otherwise answer in plain text.\n{answer}\n"
            + "If a required argument is not known, ask for it instead of guessing. Do not mix calls with other text.\n\n"
            + $"The functions, in JSON:\n\n{definitions}";
    }

    private static string Calls(IReadOnlyList<TemplateToolCall> calls, ToolPromptForm form) => form == ToolPromptForm.Pythonic
        ? "[" + string.Join(", ", calls.Select(Pythonic)) + "]"
        : string.Join("; ", calls.Select(call => JsonWriting.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", call.Name);
            writer.WritePropertyName("parameters");
            call.Arguments.WriteTo(writer);
            writer.WriteEndObject();
        })));

    /// <summary>A call whose values are JSON, which the model knows beside Python's literals.</summary>
    private static string Pythonic(TemplateToolCall call) =>
        $"{call.Name}({string.Join(", ", call.Arguments.EnumerateObject().Select(a => $"{a.Name}={JsonWriting.Write(a.Value.WriteTo)}"))})";

    private static string Text(TemplateMessage message) =>
        message.Parts is null ? message.Content ?? "" : string.Concat(message.Parts.Select(p => p.Text));
}
