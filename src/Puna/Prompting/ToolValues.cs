using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat.Tools;

namespace Puna.Prompting;

/// <summary>Arguments and results of tools, between .NET values and JSON.</summary>
internal static class ToolValues
{
    /// <summary>A call that the model wrote, for whoever carries it out.</summary>
    internal static FunctionCallContent ToContent(ToolCall call) => new(
        $"call_{Guid.NewGuid():N}", call.Name, call.Arguments.EnumerateObject().ToDictionary(a => a.Name, a => (object?)a.Value));

    /// <summary>Arguments as a JSON object.</summary>
    internal static JsonElement ToJson(IDictionary<string, object?>? arguments)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            foreach ((string name, object? value) in arguments ?? new Dictionary<string, object?>())
            {
                writer.WritePropertyName(name);
                ToJson(value).WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>What the model reads of a result: text as it is, anything else as JSON.</summary>
    internal static string ToText(FunctionResultContent answer) => answer.Result switch
    {
        null => answer.Exception is null ? "" : "Error: the call failed.", // not why: that is the program's own
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!,
        TextContent content => content.Text,
        object value => Compact(ToJson(value)),
    };

    private static string Compact(JsonElement json)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) json.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static JsonElement ToJson(object? value) =>
        value is JsonElement json ? json : JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object)));
}
