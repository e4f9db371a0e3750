using System.Text;
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
        int index = 0;
        foreach (ChatMessage message in messages) Read(message, index++, result);

        if (!string.IsNullOrWhiteSpace(instructions))
        {
            if (result is [{ Role: "system" } system, ..]) result[0] = system with { Content = $"{instructions}\n\n{system.Content}" };
            else result.Insert(0, new TemplateMessage("system", instructions));
        }

        return result.Count > 0 ? result : throw new ArgumentException("There is no message to answer: give at least one.", nameof(messages));
    }

    /// <summary>A message becomes one for the template, but each of several tool results its own.</summary>
    private static void Read(ChatMessage message, int index, List<TemplateMessage> result)
    {
        string role = message.Role == ChatRole.System ? "system"
            : message.Role == ChatRole.User ? "user"
            : message.Role == ChatRole.Assistant ? "assistant"
            : message.Role == ChatRole.Tool ? "tool"
            : throw new UnsupportedChatFeatureException($"messages[{index}].Role", $"the role '{message.Role}' is unknown. Use system, user, assistant or tool.");

        StringBuilder text = new();
        bool hasResults = false;
        List<TemplateToolCall> calls = [];
        for (int i = 0; i < message.Contents.Count; i++)
        {
            string place = $"messages[{index}].Contents[{i}] ({message.Contents[i].GetType().Name})";
            switch (message.Contents[i])
            {
                case FunctionCallContent call when role == "assistant":
                    calls.Add(new TemplateToolCall(call.Name, ToolValues.ToJson(call.Arguments), call.CallId));
                    break;
                case FunctionResultContent answer when role == "tool":
                    hasResults = true;
                    result.Add(new TemplateMessage(role, ToolValues.ToText(answer)) { ToolCallId = answer.CallId });
                    break;
                default:
                    text.Append(TextOf(message.Contents[i], place));
                    break;
            }
        }

        if (!hasResults || text.Length > 0)
            result.Add(new TemplateMessage(role, text.ToString()) { Name = message.AuthorName, ToolCalls = calls.Count > 0 ? calls : null });
    }

    private static string TextOf(AIContent content, string place) => content switch
    {
        TextContent text => text.Text,
        UsageContent => "", // counts of an earlier answer: nothing the model should read
        DataContent or UriContent or HostedFileContent => throw new UnsupportedChatFeatureException(place, "this client reads text only. Leave images and files out, or describe them in words."),
        FunctionCallContent => throw new UnsupportedChatFeatureException(place, "calls are an assistant's. Put it into a message of that role."),
        FunctionResultContent => throw new UnsupportedChatFeatureException(place, "results of calls are a tool's. Put it into a message of that role."),
        TextReasoningContent => throw new UnsupportedChatFeatureException(place, "the model has no reasoning of its own to go on from. Leave it out of the history."),
        _ => throw new UnsupportedChatFeatureException(place, "this client reads text only. Leave this content out, or write it as text."),
    };
}
