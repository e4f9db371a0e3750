using System.Security.Cryptography;
using System.Text.Json;
using Puna.Training.Commands;

namespace Puna.Training.Data;

/// <summary>Conversations of one's own: JSON lines of <c>{"messages": [{"role": "system|user|assistant|tool", "content": "…"}, …]}</c>.</summary>
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
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new OptionException($"{where}: not a conversation ({error.Message}). Expected {{\"messages\": [{{\"role\": \"user\", \"content\": \"…\"}}, …]}}.");
        }
    }
}
