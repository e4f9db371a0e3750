using System.Security.Cryptography;
using System.Text.Json;
using Puna.Safety.LlamaGuard;
using Puna.Training.Commands;

namespace Puna.Training.Data;

/// <summary>
/// Conversations of one's own: JSON lines of <c>{"messages": [{"role": "system|user|assistant|tool", "content": "…"}, …]}</c>; or
/// messages for a guard, <c>{"text": "…", "label": 0 or 1, "category": "S1"}</c>, as <c>puna guard eval</c> reads them.
/// </summary>
internal static class ConversationFile
{
    /// <exception cref="OptionException">The file is missing, empty, or a line is no conversation that ends with an answer.</exception>
    public static (IReadOnlyList<Conversation> Conversations, string Sha256) Read(string path)
    {
        if (!File.Exists(path)) throw new OptionException($"--data: {path} does not exist.");

        byte[] bytes = File.ReadAllBytes(path);
        List<Conversation> conversations = [];
        int number = 0;
        foreach (string line in System.Text.Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line)) conversations.Add(Parse(line, $"{path}, line {number}"));
        }

        if (conversations.Count == 0) throw new OptionException($"--data: {path} holds no conversation.");
        return (conversations, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    private static Conversation Parse(string line, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("label", out JsonElement label)) return Guarded(document.RootElement, label.GetInt32(), where);

            Conversation conversation = new();
            string role = "";
            foreach (JsonElement message in document.RootElement.GetProperty("messages").EnumerateArray())
            {
                role = message.GetProperty("role").GetString() ?? "";
                string content = message.GetProperty("content").GetString() ?? throw new OptionException($"{where}: the content of a message is null.");
                _ = role switch
                {
                    "system" => conversation.System(content),
                    "user" => conversation.User(content),
                    "assistant" => conversation.Answer(content),
                    "tool" => conversation.Tool(content),
                    _ => throw new OptionException($"{where}: the role '{role}' is not system, user, assistant or tool."),
                };
            }

            return role == "assistant" ? conversation : throw new OptionException($"{where}: the last message is not the assistant's. Nothing could be learned from it.");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new OptionException($"{where}: not a conversation ({error.Message}). Expected {{\"messages\": [{{\"role\": \"user\", \"content\": \"…\"}}, …]}}.");
        }
    }

    private static Conversation Guarded(JsonElement line, int label, string where)
    {
        if (label is not (0 or 1)) throw new OptionException($"{where}: the label is {label}; 0 (safe) and 1 (unsafe) are possible.");
        if (line.GetProperty("text").GetString() is not { } text || string.IsNullOrWhiteSpace(text)) throw new OptionException($"{where}: the text is empty.");
        if (label == 0) return Conversation.Guard(text, null);

        string code = line.GetProperty("category").GetString() ?? "";
        return LlamaGuardCategory.Hazards.Any(h => h.Code == code) ? Conversation.Guard(text, code) : throw new OptionException($"{where}: the category '{code}' is not one of S1 to S14.");
    }
}
