using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat;

namespace Puna;

/// <summary>Arguments of a call, as JSON.</summary>
public static class FunctionCallArguments
{
    /// <summary>The arguments of a call as the text of a JSON object, in their order; only what JSON asks for is escaped.</summary>
    /// <exception cref="NotSupportedException">An argument is of a type that has no JSON form known here.</exception>
    public static string ArgumentsAsJson(this FunctionCallContent call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return JsonWriting.Write(writer => WriteArguments(writer, call.Arguments));
    }

    internal static void WriteArguments(Utf8JsonWriter writer, IDictionary<string, object?>? arguments)
    {
        writer.WriteStartObject();
        foreach ((string name, object? value) in arguments ?? new Dictionary<string, object?>())
        {
            writer.WritePropertyName(name);
            ToElement(value).WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    internal static JsonElement ToElement(object? value) =>
        value is JsonElement json ? json : JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object)));
}
