using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Safety.LlamaGuard;

namespace Puna.Cli.Guarding;

/// <summary>
/// Messages to judge, as JSON: <c>[{role, content}]</c> or <c>{messages: [{role, content}]}</c>. Content is a text or a list of
/// parts as in the OpenAI API; an assistant's tool calls are judged as JSON text.
/// </summary>
internal static class MessagesFile
{
    private const long MaxBytes = 64 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a file; - is standard input.</summary>
    /// <exception cref="UsageException">It is no such list; the message names the place.</exception>
    internal static IReadOnlyList<GuardMessage> Read(string path)
    {
        byte[] json = InputFile.ReadBytes(path, MaxBytes);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            JsonElement root = document.RootElement;
            JsonElement list = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("messages", out JsonElement inner) ? inner : root;
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
                throw new UsageException($"{path}: give a list of messages such as [{{\"role\": \"user\", \"content\": \"Hello\"}}], or an object with it as \"messages\".");
            return [.. list.EnumerateArray().Select((message, i) => Message(path, message, $"messages[{i}]"))];
        }
        catch (JsonException error)
        {
            throw new UsageException($"{path}: line {error.LineNumber + 1} is not readable as JSON: {InputFile.Reason(error)}.");
        }
        catch (InvalidOperationException) // half of a surrogate pair
        {
            throw new UsageException($"{path}: a text is not valid Unicode.");
        }
    }

    private static GuardMessage Message(string path, JsonElement message, string place)
    {
        if (message.ValueKind != JsonValueKind.Object) throw Fault(path, place, "is no object");
        if (!message.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String) throw Fault(path, $"{place}.role", "is missing or no text");

        string name = role.GetString()!;
        if (name == "developer") name = "system"; // the newer word for the same
        if (name is not ("user" or "assistant" or "system" or "tool")) throw Fault(path, $"{place}.role", $"is '{name}'; user, assistant, system and tool are known");

        List<AIContent> contents = [];
        bool calls = message.TryGetProperty("tool_calls", out JsonElement made) && made.ValueKind != JsonValueKind.Null;
        message.TryGetProperty("content", out JsonElement content);
        switch (content.ValueKind)
        {
            case JsonValueKind.String:
                contents.Add(new TextContent(content.GetString()));
                break;
            case JsonValueKind.Array:
                contents.AddRange(content.EnumerateArray().Select((part, i) => Part(path, part, $"{place}.content[{i}]")));
                break;
            case JsonValueKind.Null or JsonValueKind.Undefined when calls:
                break;
            default:
                throw Fault(path, $"{place}.content", "is missing, or neither a text nor a list of parts");
        }

        if (calls)
        {
            if (made.ValueKind != JsonValueKind.Array) throw Fault(path, $"{place}.tool_calls", "is no list");
            contents.AddRange(made.EnumerateArray().Select((call, i) => Call(path, call, $"{place}.tool_calls[{i}]")));
        }

        return GuardMessage.From(new ChatMessage(new ChatRole(name), contents));
    }

    private static AIContent Part(string path, JsonElement part, string place)
    {
        string? type = part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out JsonElement named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
        return type switch
        {
            "text" or "input_text" or "output_text" when part.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String => new TextContent(text.GetString()),
            "image" or "image_url" or "input_image" => new DataContent(ReadOnlyMemory<byte>.Empty, "image/png"), // only their number matters to a prompt
            _ => throw Fault(path, place, $"has the type '{type ?? "(none)"}' or no text; parts of type text and image_url are known"),
        };
    }

    private static FunctionCallContent Call(string path, JsonElement call, string place)
    {
        if (call.ValueKind != JsonValueKind.Object) throw Fault(path, place, "is no object");

        JsonElement function = call.TryGetProperty("function", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object ? inner : call;
        if (!function.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String) throw Fault(path, $"{place}.function.name", "is missing or no text");

        Dictionary<string, object?> arguments = [];
        if (function.TryGetProperty("arguments", out JsonElement given) && given.ValueKind != JsonValueKind.Null)
        {
            JsonElement values = given.ValueKind == JsonValueKind.String ? Parsed(given.GetString()!) : given.Clone();
            if (values.ValueKind == JsonValueKind.Object) foreach (JsonProperty value in values.EnumerateObject()) arguments[value.Name] = value.Value;
            else arguments["arguments"] = values; // what is no object is judged as it stands
        }

        return new FunctionCallContent(call.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String ? id.GetString()! : "", name.GetString()!, arguments);
    }

    /// <summary>The JSON in a text, or the text itself as a JSON string: a model's arguments need not be JSON.</summary>
    private static JsonElement Parsed(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            using MemoryStream stream = new();
            using (Utf8JsonWriter writer = new(stream)) writer.WriteStringValue(text);
            using JsonDocument document = JsonDocument.Parse(stream.ToArray());
            return document.RootElement.Clone();
        }
    }

    private static UsageException Fault(string path, string place, string what) => new($"{path}: {place} {what}.");
}
