using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Puna.Safety.LlamaGuard;

/// <summary>A message to be judged.</summary>
/// <param name="Role">user, assistant, system or tool.</param>
/// <param name="Text">Its text; of a tool call, the call as JSON.</param>
/// <param name="Images">Number of images in it.</param>
public sealed record GuardMessage(string Role, string Text, int Images = 0)
{
    /// <summary>A chat message. Tool calls become JSON text, so that their arguments are judged, too.</summary>
    /// <exception cref="NotSupportedException">It has content that is neither text, a call, a result nor an image: nobody would judge it.</exception>
    public static GuardMessage From(ChatMessage message)
    {
        List<string> texts = [];
        int images = 0;
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    texts.Add(text.Text);
                    break;
                case TextReasoningContent reasoning:
                    texts.Add(reasoning.Text);
                    break;
                case FunctionCallContent call:
                    texts.Add(CallText(call));
                    break;
                case FunctionResultContent result:
                    texts.Add(result.Result?.ToString() ?? "");
                    break;
                case DataContent data when data.HasTopLevelMediaType("image"):
                case UriContent uri when uri.HasTopLevelMediaType("image"):
                    images++;
                    break;
                case DataContent or UriContent:
                    throw new NotSupportedException($"A message has {content.GetType().Name} that is no image; no guard has seen it, so it must not pass as safe.");
                default: // usage and the like: no content of anybody's
                    break;
            }
        }

        return new GuardMessage(message.Role.Value.ToLowerInvariant(), string.Join("\n", texts), images);
    }

    /// <summary>A call as <c>{"name": …, "arguments": {…}}</c>.</summary>
    internal static string CallText(FunctionCallContent call)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("name", call.Name);
            writer.WriteStartObject("arguments");
            foreach ((string name, object? value) in call.Arguments ?? new Dictionary<string, object?>())
            {
                writer.WritePropertyName(name);
                (value is JsonElement given ? given : JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object)))).WriteTo(writer);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
