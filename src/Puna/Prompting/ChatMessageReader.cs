using Microsoft.Extensions.AI;
using Puna.Chat.Templates;

namespace Puna.Prompting;

/// <summary>Messages of a chat client to those that templates see. What a template cannot show the model is refused.</summary>
internal static class ChatMessageReader
{
    /// <summary>Reads a conversation.</summary>
    /// <param name="messages">The conversation, not empty unless there are instructions.</param>
    /// <param name="instructions">Words for the system message, or null. They come before those of a leading system message.</param>
    /// <exception cref="UnsupportedChatFeatureException">A message has content or a role that cannot be honoured.</exception>
    /// <exception cref="ArgumentException">There is nothing to answer.</exception>
    internal static List<TemplateMessage> Read(IEnumerable<ChatMessage> messages, string? instructions)
    {
        List<TemplateMessage> result = [];
        foreach (ChatMessage message in messages) result.Add(Read(message, result.Count));

        if (!string.IsNullOrWhiteSpace(instructions))
        {
            if (result is [{ Role: "system" } system, ..]) result[0] = system with { Content = $"{instructions}\n\n{system.Content}" };
            else result.Insert(0, new TemplateMessage("system", instructions));
        }

        return result.Count > 0 ? result : throw new ArgumentException("There is no message to answer: give at least one.", nameof(messages));
    }

    private static TemplateMessage Read(ChatMessage message, int index)
    {
        string role = message.Role == ChatRole.System ? "system"
            : message.Role == ChatRole.User ? "user"
            : message.Role == ChatRole.Assistant ? "assistant"
            : message.Role == ChatRole.Tool ? "tool"
            : throw new UnsupportedChatFeatureException($"messages[{index}].Role", $"the role '{message.Role}' is unknown. Use system, user, assistant or tool.");

        string text = "";
        for (int i = 0; i < message.Contents.Count; i++) text += TextOf(message.Contents[i], index, i);
        return new TemplateMessage(role, text) { Name = message.AuthorName };
    }

    private static string TextOf(AIContent content, int message, int index)
    {
        string place = $"messages[{message}].Contents[{index}] ({content.GetType().Name})";
        return content switch
        {
            TextContent text => text.Text,
            UsageContent => "", // counts of an earlier answer: nothing the model should read
            DataContent or UriContent or HostedFileContent => throw new UnsupportedChatFeatureException(place, "this client reads text only. Leave images and files out, or describe them in words."),
            FunctionCallContent or FunctionResultContent => throw new UnsupportedChatFeatureException(place, "tool calls are not supported yet. Write the call and its result as text."),
            TextReasoningContent => throw new UnsupportedChatFeatureException(place, "the model has no reasoning of its own to go on from. Leave it out of the history."),
            _ => throw new UnsupportedChatFeatureException(place, "this client reads text only. Leave this content out, or write it as text."),
        };
    }
}
