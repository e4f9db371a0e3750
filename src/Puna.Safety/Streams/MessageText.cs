using System.Text;
using Microsoft.Extensions.AI;
using Puna.Prompting;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;

namespace Puna.Safety.Streams;

/// <summary>The text of a chat message as guards read it, and which content each part of it comes from.</summary>
internal sealed class MessageText
{
    private const int Author = -1;

    private readonly StringBuilder _all = new();
    private readonly List<(int Start, int End, int Content)> _parts = [];

    private MessageText(string role) => Role = role;

    internal string Role { get; }

    internal string Text { get; private set; } = "";

    internal int Images { get; private set; }

    /// <summary>Ranges of tool calls.</summary>
    internal List<(int Start, int End)> Calls { get; } = [];

    /// <exception cref="NotSupportedException">It has content that no guard can judge.</exception>
    internal static MessageText Of(ChatMessage message)
    {
        MessageText result = new(message.Role.Value.ToLowerInvariant());
        for (int i = 0; i < message.Contents.Count; i++)
        {
            // Models read the texts of a message without anything between: what is split over two must not hide.
            if (message.Contents[i] is TextContent text) result.Add(text.Text, i, between: "");
        }

        for (int i = 0; i < message.Contents.Count; i++) result.AddOther(message.Contents[i], i);
        result.Add(message.AuthorName ?? "", Author, "\n");
        result.Text = result._all.ToString();
        return result;
    }

    /// <summary>Nothing to redact is in a tool call, whose JSON would not be what it was.</summary>
    internal bool CanRedact(IReadOnlyList<Redaction> redactions) => !redactions.Any(r => Calls.Exists(c => c.Start < r.End && r.Start < c.End));

    /// <summary>The message with ranges of its text replaced.</summary>
    internal ChatMessage Redact(ChatMessage message, IReadOnlyList<Redaction> redactions)
    {
        ChatMessage redacted = message.Clone();
        redacted.Contents = [.. message.Contents];
        redacted.RawRepresentation = null;
        foreach ((int start, int end, int content) in _parts)
        {
            if (!redactions.Any(r => r.Start < end && start < r.End)) continue;

            string text = Redaction.Apply(Text[start..end], redactions, start);
            if (content == Author) redacted.AuthorName = text;
            else redacted.Contents[content] = message.Contents[content] switch
            {
                TextReasoningContent => new TextReasoningContent(text),
                FunctionResultContent result => new FunctionResultContent(result.CallId, text),
                _ => new TextContent(text),
            };
        }

        return redacted;
    }

    private void AddOther(AIContent content, int index)
    {
        switch (content)
        {
            case TextContent:
                break;
            case TextReasoningContent reasoning:
                Add(reasoning.Text, index, "\n");
                break;
            case FunctionCallContent call:
                Add(GuardMessage.CallText(call), index, "\n");
                Calls.Add((_parts[^1].Start, _parts[^1].End));
                break;
            case FunctionResultContent result:
                Add(ToolValues.ToText(result), index, "\n");
                break;
            case DataContent data when data.HasTopLevelMediaType("image"):
            case UriContent uri when uri.HasTopLevelMediaType("image"):
                Images++;
                break;
            case UsageContent: // counts: no content of anybody's
                break;
            default:
                throw new NotSupportedException($"A message has {content.GetType().Name} that is no image; no guard has seen it, so it must not pass as safe.");
        }
    }

    private void Add(string text, int content, string between)
    {
        if (text.Length == 0) return;
        if (_all.Length > 0) _all.Append(between);
        int start = _all.Length;
        _all.Append(text);
        _parts.Add((start, _all.Length, content));
    }
}
