using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat;
using Puna.Chat.Tools;

namespace Puna.Prompting;

/// <summary>Arguments and results of tools, between .NET values and JSON.</summary>
internal static class ToolValues
{
    /// <summary>A call that the model wrote, for whoever carries it out.</summary>
    internal static FunctionCallContent ToContent(ToolCall call) => new(
        $"call_{Guid.NewGuid():N}", call.Name, call.Arguments.EnumerateObject().ToDictionary(a => a.Name, a => (object?)a.Value));

    /// <summary>Arguments as a JSON object.</summary>
    internal static JsonElement ToJson(IDictionary<string, object?>? arguments) => JsonWriting.Build(writer => FunctionCallArguments.WriteArguments(writer, arguments));

    /// <summary>What the model reads of a result: text as it is, anything else as JSON.</summary>
    internal static string ToText(FunctionResultContent answer) => answer.Result switch
    {
        null => answer.Exception is null ? "" : "Error: the call failed.", // not why: that is the program's own
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        TextContent content => content.Text,
        object value => JsonWriting.Write(FunctionCallArguments.ToElement(value).WriteTo),
    };
}
