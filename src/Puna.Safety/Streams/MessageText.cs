using Microsoft.Extensions.AI;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Policy;

namespace Puna.Safety.Streams;

/// <summary>The text of a chat message as guards read it, and which content each part of it comes from.</summary>
internal sealed class MessageText
{
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
        System.Text.StringBuilder all = new();
        for (int i = 0; i < message.Contents.Count; i++)
        {
            GuardMessage part = GuardMessage.From(new ChatMessage(message.Role, [message.Contents[i]]));
            result.Images += part.Images;
            if (part.Text.Length == 0) continue;

            if (all.Length > 0) all.Append('\n');
            int start = all.Length;
            all.Append(part.Text);
            result._parts.Add((start, all.Length, i));
            if (message.Contents[i] is FunctionCallContent) result.Calls.Add((start, all.Length));
        }

        result.Text = all.ToString();
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
            Redaction[] inside = [.. redactions.Where(r => r.Start < end && start < r.End).Select(r => new Redaction(Math.Max(r.Start, start) - start, Math.Min(r.End, end) - start, r.Category))];
            if (inside.Length == 0) continue;

            string text = Redaction.Apply(Text[start..end], inside);
            redacted.Contents[content] = message.Contents[content] switch
            {
                TextReasoningContent => new TextReasoningContent(text),
                FunctionResultContent result => new FunctionResultContent(result.CallId, text),
                _ => new TextContent(text),
            };
        }

        return redacted;
    }
}
