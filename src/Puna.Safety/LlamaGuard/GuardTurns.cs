using System.Text.RegularExpressions;

namespace Puna.Safety.LlamaGuard;

/// <summary>A turn of the conversation inside a guard prompt.</summary>
internal readonly record struct GuardTurn(bool IsAgent, string Text, int Images)
{
    internal string Word => IsAgent ? "Agent" : "User";
}

/// <summary>What of a conversation a guard sees, and how its text is kept from imitating the prompt.</summary>
internal static class GuardTurns
{
    private static readonly Regex Markers = new(
        "<(BEGIN|END) (CONVERSATION|UNSAFE CONTENT CATEGORIES)>", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static readonly Regex RoleLines = new("\n(User|Agent): ", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>
    /// User and assistant turns that alternate: system texts and tools' results are no turns (the prompt has no place for
    /// them, and results are others' data), neighbours of one role are joined by a blank line, and an assistant's turn
    /// before the first of a user is left out unless nothing else is there.
    /// </summary>
    /// <exception cref="ArgumentException">A role is unknown, or no turn remains.</exception>
    internal static List<GuardTurn> Of(IReadOnlyList<GuardMessage> messages, bool guardMarkers)
    {
        List<GuardTurn> turns = [];
        foreach (GuardMessage message in messages)
        {
            if (message.Role is not ("user" or "assistant" or "system" or "tool"))
                throw new ArgumentException($"The role '{message.Role}' is unknown; user, assistant, system and tool are known.");
            if (message.Role is "system" or "tool") continue;

            bool agent = message.Role == "assistant";
            string text = (guardMarkers ? message.Text.ReplaceLineEndings("\n") : message.Text).Trim(); // other line ends would hide role lines
            if (turns.Count > 0 && turns[^1].IsAgent == agent) turns[^1] = turns[^1] with { Text = turns[^1].Text + "\n\n" + text, Images = turns[^1].Images + message.Images };
            else turns.Add(new GuardTurn(agent, text, message.Images));
        }

        if (turns.Count == 0) throw new ArgumentException("There is no message of a user or an assistant to judge.");
        if (turns.Count > 1 && turns[0].IsAgent) turns.RemoveAt(0);

        // Of whole turns: a message joined to another begins a line.
        return guardMarkers ? [.. turns.Select(turn => turn with { Text = Defuse(turn.Text) })] : turns;
    }

    /// <summary>Changes just those places of a text that look like the prompt's own structure, as little as possible.</summary>
    internal static string Defuse(string text)
    {
        text = Markers.Replace(text, static match => "\u2039" + match.Value[1..]); // a single quotation mark in place of the bracket
        return RoleLines.Replace(text, static match => "\n " + match.Value[1..]);
    }
}
