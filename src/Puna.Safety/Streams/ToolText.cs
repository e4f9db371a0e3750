using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Puna.Safety.Streams;

/// <summary>Tools as guards read them.</summary>
internal static class ToolText
{
    /// <summary>A JSON list of names, descriptions and schemas, its escapes undone as far as JSON lets; null where there are no tools.</summary>
    internal static string? Of(IEnumerable<AITool>? tools)
    {
        AITool[] all = [.. tools ?? []];
        if (all.Length == 0) return null;

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach (AITool tool in all)
            {
                writer.WriteStartObject();
                writer.WriteString("name", tool.Name);
                writer.WriteString("description", tool.Description);
                if (tool is AIFunctionDeclaration { JsonSchema.ValueKind: not JsonValueKind.Undefined } function)
                {
                    writer.WritePropertyName("parameters");
                    function.JsonSchema.WriteTo(writer);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
