using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>Short talk: greeting, what the model is, what to run next, and what it declines.</summary>
internal static class ChatTask
{
    /// <summary>System prompts that ask for nothing the model does not do anyway.</summary>
    public static readonly string[] Systems =
    [
        "You are a helpful assistant.", "You are a helpful assistant", "You are Puna's demo model.", "Be brief.", "Answer in English.", "You extract data from documents.",
        "Answer with JSON when a schema is given.", "You are a careful assistant that reads documents.", "Be polite and short.", "You are a friendly bot.",
    ];

    private static readonly List<Intent> Intents = Read();

    private sealed record Intent(string Name, List<string> Questions, List<string> Answers);

    public static Conversation Make(SeededRandom random, ValueLists lists)
    {
        ValueMaker maker = new(random, lists);
        Conversation conversation = new();
        if (random.Chance(0.3)) conversation.System(random.Pick(Systems));
        for (int turns = random.Next(1, 4); turns > 0; turns--)
        {
            Intent intent = random.Chance(0.2) ? Intents.Single(i => i.Name == "decline") : random.Pick(Intents);
            conversation.User(maker.Text(random.Pick(intent.Questions))).Answer(random.Pick(intent.Answers));
        }

        return conversation;
    }

    private static List<Intent> Read()
    {
        List<Intent> intents = [];
        foreach (string line in Resources.Read("chat.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("intent ", StringComparison.Ordinal)) intents.Add(new Intent(line[7..], [], []));
            else if (line.StartsWith("u ", StringComparison.Ordinal)) intents[^1].Questions.Add(line[2..]);
            else if (line.StartsWith("a ", StringComparison.Ordinal)) intents[^1].Answers.Add(line[2..]);
            else throw new FormatException($"chat.txt: '{line}' begins with no known word.");
        }

        return intents;
    }
}
