using Puna.Chat.Templates;

namespace Puna.Cli.Conversations;

/// <summary>Instructions and the turns so far, question and answer in turn.</summary>
internal sealed class Conversation
{
    private readonly List<(string Question, string Answer)> _turns = [];

    /// <summary>Instructions to the model, or null.</summary>
    internal string? System { get; set; }

    internal IReadOnlyList<(string Question, string Answer)> Turns => _turns;

    internal void Add(string question, string answer) => _turns.Add((question, answer));

    /// <summary>Forgets the turns, not the instructions.</summary>
    internal void Clear() => _turns.Clear();

    /// <summary>What the chat template gets to answer <paramref name="question"/>.</summary>
    internal List<TemplateMessage> Ask(string question)
    {
        List<TemplateMessage> messages = System is null ? [] : [new TemplateMessage("system", System)];
        foreach ((string asked, string answered) in _turns)
        {
            messages.Add(new TemplateMessage("user", asked));
            messages.Add(new TemplateMessage("assistant", answered));
        }

        messages.Add(new TemplateMessage("user", question));
        return messages;
    }
}
