using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Puna.Chat.Templates.Jinja;
using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates;

/// <summary>Turns the caller's input into template values; this is where text is marked untrusted.</summary>
internal static class InputValues
{
    public static void Define(Interpreter interpreter, ChatTemplateInput input)
    {
        RenderBudget budget = interpreter.Budget;
        foreach ((string name, JsonElement value) in input.Variables ?? new Dictionary<string, JsonElement>())
            interpreter.Define(name, OfJson(value, budget));

        interpreter.Define("messages", new ListValue([.. input.Messages.Select(message => OfMessage(message, budget))], budget));
        if (input.Tools is not null) interpreter.Define("tools", new ListValue([.. input.Tools.Select(tool => OfJson(tool, budget))], budget));
        else interpreter.Define("tools", NoneValue.Instance);
        interpreter.Define("add_generation_prompt", Value.Of(input.AddGenerationPrompt));

        foreach ((string name, string token) in input.SpecialTokens ?? new Dictionary<string, string>()) interpreter.Define(name, Text.Trusted(token));
        if (input.BosToken is not null) interpreter.Define("bos_token", Text.Trusted(input.BosToken));
        if (input.EosToken is not null) interpreter.Define("eos_token", Text.Trusted(input.EosToken));
    }

    /// <summary>A JSON value, all its text untrusted.</summary>
    public static Value OfJson(JsonElement json, RenderBudget budget)
    {
        budget.Step();
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                return new DictValue([.. json.EnumerateObject().Select(p => KeyValuePair.Create<Value, Value>(Untrusted(p.Name), OfJson(p.Value, budget)))], budget);
            case JsonValueKind.Array:
                return new ListValue([.. json.EnumerateArray().Select(item => OfJson(item, budget))], budget);
            case JsonValueKind.String:
                return Untrusted(json.GetString()!);
            case JsonValueKind.Number:
                return OfNumber(json.GetRawText());
            case JsonValueKind.True:
                return BoolValue.True;
            case JsonValueKind.False:
                return BoolValue.False;
            case JsonValueKind.Null:
                return NoneValue.Instance;
            default:
                throw TemplateFault.Runtime("a variable holds no JSON value.");
        }
    }

    private static Value OfNumber(string raw)
    {
        bool isInteger = raw.AsSpan().IndexOfAny(".eE") < 0;
        return isInteger && raw.Length <= 2000
            ? new IntValue(BigInteger.Parse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            : new FloatValue(double.Parse(raw, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    private static DictValue OfMessage(TemplateMessage message, RenderBudget budget)
    {
        List<KeyValuePair<Value, Value>> entries = [];
        void Add(string name, Value value) => entries.Add(new(Text.Trusted(name), value));

        Add("role", new Text(message.Role, ChatTemplateInput.KnownRoles.Contains(message.Role)));
        if (message.Parts is not null) Add("content", new ListValue([.. message.Parts.Select(part => OfPart(part, budget))], budget));
        else Add("content", message.Content is null ? NoneValue.Instance : Untrusted(message.Content));
        if (message.ToolCalls is not null) Add("tool_calls", new ListValue([.. message.ToolCalls.Select(call => OfCall(call, budget))], budget));
        if (message.ToolCallId is not null) Add("tool_call_id", Untrusted(message.ToolCallId));
        if (message.Name is not null) Add("name", Untrusted(message.Name));
        if (message.ReasoningContent is not null) Add("reasoning_content", Untrusted(message.ReasoningContent));
        foreach ((string name, JsonElement value) in message.Extra ?? new Dictionary<string, JsonElement>())
            entries.Add(new(Untrusted(name), OfJson(value, budget)));
        return new DictValue(entries, budget);
    }

    private static DictValue OfPart(TemplateContentPart part, RenderBudget budget)
    {
        List<KeyValuePair<Value, Value>> entries = [new(Text.Trusted("type"), Untrusted(part.Type))];
        if (part.Text is not null) entries.Add(new(Text.Trusted("text"), Untrusted(part.Text)));
        foreach ((string name, JsonElement value) in part.Extra ?? new Dictionary<string, JsonElement>())
            entries.Add(new(Untrusted(name), OfJson(value, budget)));
        return new DictValue(entries, budget);
    }

    private static DictValue OfCall(TemplateToolCall call, RenderBudget budget)
    {
        DictValue function = new(
        [
            new(Text.Trusted("name"), Untrusted(call.Name)),
            new(Text.Trusted("arguments"), OfJson(call.Arguments, budget)),
        ], budget);
        List<KeyValuePair<Value, Value>> entries = [new(Text.Trusted("type"), Text.Trusted("function")), new(Text.Trusted("function"), function)];
        if (call.Id is not null) entries.Insert(0, new(Text.Trusted("id"), Untrusted(call.Id)));
        return new DictValue(entries, budget);
    }

    private static Text Untrusted(string chars) => new(chars, trusted: false);
}
