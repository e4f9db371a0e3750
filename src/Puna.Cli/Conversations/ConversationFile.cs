using System.Text.Encodings.Web;
using System.Text.Json;
using Puna.Formats;

namespace Puna.Cli.Conversations;

/// <summary>Saves and loads conversations as JSON: <c>{format, version, messages:[{role, content}]}</c>.</summary>
internal static class ConversationFile
{
    private const string Format = "puna-conversation";
    private const int Version = 1;
    private const long MaxBytes = 64 << 20;

    private static readonly JsonWriterOptions Written = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonDocumentOptions Read = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Writes the file whole or not at all.</summary>
    internal static void Save(string path, Conversation conversation)
    {
        using AtomicFile file = new(path);
        using (Utf8JsonWriter writer = new(file.Stream, Written))
        {
            writer.WriteStartObject();
            writer.WriteString("format", Format);
            writer.WriteNumber("version", Version);
            writer.WriteStartArray("messages");
            if (conversation.System is not null) Write(writer, "system", conversation.System);
            foreach ((string question, string answer) in conversation.Turns)
            {
                Write(writer, "user", question);
                Write(writer, "assistant", answer);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        file.Commit();
    }

    /// <summary>Reads a file that <see cref="Save"/> could have written.</summary>
    /// <exception cref="ConversationFileException">It is too long, no JSON, of another version, or its messages are out of order.</exception>
    internal static Conversation Load(string path)
    {
        if (Directory.Exists(path)) throw new ConversationFileException(path, "this is a folder; name a file that /save wrote.");
        if (!File.Exists(path)) throw new ConversationFileException(path, "there is no such file.");
        if (new FileInfo(path).Length > MaxBytes) throw new ConversationFileException(path, $"the file has {new FileInfo(path).Length} bytes; a conversation has at most {MaxBytes}.");

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), Read);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out JsonElement format) || format.ValueKind != JsonValueKind.String || !format.ValueEquals(Format))
                throw new ConversationFileException(path, $"this is no saved conversation: its format is not '{Format}'.");
            if (!root.TryGetProperty("version", out JsonElement version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number) || number != Version)
                throw new ConversationFileException(path, $"the version is {version}; version {Version} can be read. A newer puna may have written it.");
            if (!root.TryGetProperty("messages", out JsonElement messages) || messages.ValueKind != JsonValueKind.Array)
                throw new ConversationFileException(path, "'messages' is missing or no list.");
            return ReadMessages(path, messages);
        }
        catch (JsonException error)
        {
            throw new ConversationFileException(path, $"line {error.LineNumber + 1} is not readable as JSON; this is no saved conversation, or a damaged one.", error);
        }
        catch (InvalidOperationException error) // half of a surrogate pair
        {
            throw new ConversationFileException(path, "a text is not valid Unicode; the file is damaged.", error);
        }
    }

    private static Conversation ReadMessages(string path, JsonElement messages)
    {
        Conversation conversation = new();
        string? question = null;
        int index = 0;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            string role = Text(path, message, index, "role"), content = Text(path, message, index, "content");
            switch (role)
            {
                case "system" when index == 0:
                    conversation.System = content;
                    break;
                case "user" when question is null:
                    question = content;
                    break;
                case "assistant" when question is not null:
                    conversation.Add(question, content);
                    question = null;
                    break;
                default:
                    throw new ConversationFileException(path, $"messages[{index}] is of '{role}'; due is {(question is null ? "user" : "assistant")}{(index == 0 ? " or system" : "")}.");
            }

            index++;
        }

        return question is null ? conversation : throw new ConversationFileException(path, $"messages[{index - 1}] is a question without an answer.");
    }

    private static string Text(string path, JsonElement message, int index, string name) =>
        message.ValueKind == JsonValueKind.Object && message.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new ConversationFileException(path, $"messages[{index}].{name} is missing or no text.");

    private static void Write(Utf8JsonWriter writer, string role, string content)
    {
        writer.WriteStartObject();
        writer.WriteString("role", role);
        writer.WriteString("content", content);
        writer.WriteEndObject();
    }
}
