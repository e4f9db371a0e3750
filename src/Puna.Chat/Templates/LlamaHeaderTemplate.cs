using System.Text.Json;
using Puna.Chat.Templates.Jinja;
using Puna.Chat.Templates.Jinja.Python;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates;

/// <summary>Llama 3 and later: every turn is a header with the role, a blank line, the content and an end token.</summary>
internal sealed class LlamaHeaderTemplate(LlamaHeaderTemplate.Format format, ChatTemplateInput input, RenderBudget budget)
{
    /// <summary>The published request for JSON calls.</summary>
    private const string ToolInstructions =
        "Given the following functions, please respond with a JSON for a function call " +
        "with its proper arguments that best answers the given prompt.\n\n" +
        "Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}. " +
        "Do not use variables.\n\n";

    private const string PublishedDate = "26 Jul 2024";

    public static readonly Format Llama3 = new("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "", HasTools: false, HasDates: false);
    public static readonly Format Llama31 = new("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "", HasTools: true, HasDates: true);
    public static readonly Format Llama4 = new("<|header_start|>", "<|header_end|>", "<|eot|>", "<|image|>", HasTools: true, HasDates: false);

    private readonly TextBuilder _output = new(budget);

    /// <param name="Image">What stands for an image; empty where the model sees none.</param>
    /// <param name="HasDates">The system turn always exists and begins with knowledge cutoff and date (Llama 3.1).</param>
    internal sealed record Format(string HeaderStart, string HeaderEnd, string EndOfTurn, string Image, bool HasTools, bool HasDates);

    public Text Render()
    {
        IReadOnlyList<JsonElement> tools = format.HasTools ? Tools() : [];
        bool toolsInUserMessage = Variable("tools_in_user_message") is not { ValueKind: JsonValueKind.False };
        _output.Append(input.BosToken ?? "");

        bool hasSystem = format.HasTools && input.Messages is [{ Role: "system" }, ..];
        bool toolsInSystem = tools.Count > 0 && !toolsInUserMessage;
        if (format.HasDates || hasSystem || toolsInSystem)
            System(hasSystem ? input.Messages[0] : null, tools, toolsInSystem);

        bool toolsPending = tools.Count > 0 && toolsInUserMessage;
        foreach (TemplateMessage message in input.Messages.Skip(hasSystem ? 1 : 0))
        {
            budget.Step();
            if (toolsPending && message.Role == "user")
            {
                toolsPending = false;
                Header("user", trusted: true);
                Definitions(tools);
                _output.Append(Content(message)).Append(format.EndOfTurn);
            }
            else Turn(message);
        }

        if (input.AddGenerationPrompt) Header("assistant", trusted: true);
        return _output.ToText();
    }

    private void System(TemplateMessage? message, IReadOnlyList<JsonElement> tools, bool withDefinitions)
    {
        Header("system", trusted: true);
        if (tools.Count > 0) _output.Append("Environment: ipython\n");
        if (format.HasDates)
        {
            bool given = Variable("date_string") is { ValueKind: JsonValueKind.String };
            _output.Append("Cutting Knowledge Date: December 2023\nToday Date: ");
            _output.Append(given ? Variable("date_string")!.Value.GetString()! : PublishedDate, trusted: !given).Append("\n\n");
        }

        if (withDefinitions) Definitions(tools);
        if (message is not null) _output.Append(Content(message));
        _output.Append(format.EndOfTurn);
    }

    private void Turn(TemplateMessage message)
    {
        if (format.HasTools && message.ToolCalls is { Count: > 0 } calls) Calls(message, calls);
        else if (format.HasTools && message.Role is "tool" or "ipython")
        {
            Header("ipython", trusted: true);
            _output.Append(new JsonText(budget).Serialize(message.Parts is null ? Untrusted(message.Content) : Content(message)));
        }
        else
        {
            Header(message.Role, ChatTemplateInput.KnownRoles.Contains(message.Role));
            _output.Append(Content(message));
        }

        _output.Append(format.EndOfTurn);
    }

    private void Calls(TemplateMessage message, IReadOnlyList<TemplateToolCall> calls)
    {
        Header("assistant", trusted: true);
        if (format.HasDates && calls.Count != 1)
            throw new TemplateFault(ChatTemplateErrorKind.Raised, $"this format takes one tool call in a message, not {calls.Count}.");
        if (!format.HasDates) _output.Append("<|python_start|>").Append(Content(message)).Append("<|python_end|>");
        foreach (TemplateToolCall call in calls)
        {
            _output.Append("{\"name\": \"").Append(call.Name, trusted: false).Append("\", \"parameters\": ");
            _output.Append(new JsonText(budget).Serialize(InputValues.OfJson(call.Arguments, budget))).Append("}");
        }
    }

    private void Definitions(IReadOnlyList<JsonElement> tools)
    {
        _output.Append(ToolInstructions);
        foreach (JsonElement tool in tools)
        {
            JsonText json = new(budget) { Indent = "    ", ItemSeparator = "," };
            _output.Append(json.Serialize(InputValues.OfJson(tool, budget))).Append("\n\n");
        }
    }

    private void Header(string role, bool trusted) =>
        _output.Append(format.HeaderStart).Append(role, trusted).Append(format.HeaderEnd).Append("\n\n");

    private Text Content(TemplateMessage message)
    {
        if (message.Parts is null) return Trimmed(message.Content);

        TextBuilder content = new(budget);
        foreach (TemplateContentPart part in message.Parts)
        {
            if (part.Type == "image") content.Append(format.Image);
            else if (part.Type == "text") content.Append(Trimmed(part.Text));
        }

        return content.ToText();
    }

    private Text Trimmed(string? chars) => PythonString.Strip(Untrusted(chars), null, left: true, right: true, budget);

    private static Text Untrusted(string? chars) => new(chars ?? "", trusted: false);

    private IReadOnlyList<JsonElement> Tools() =>
        Variable("custom_tools") is { ValueKind: JsonValueKind.Array } custom && custom.GetArrayLength() > 0
            ? [.. custom.EnumerateArray()]
            : input.Tools ?? [];

    private JsonElement? Variable(string name) =>
        input.Variables is not null && input.Variables.TryGetValue(name, out JsonElement value) ? value : null;
}
