using System.Text.RegularExpressions;

namespace Puna.Training.Evaluation;

/// <summary>Conversations whose answers must match a pattern and must not match others, read from a text file of marked lines.</summary>
internal sealed record ChatCheck(string Subject, string? System, IReadOnlyList<ChatTurn> Turns)
{
    /// <summary>Reads a file; its own first lines tell the form.</summary>
    /// <exception cref="FormatException">A line has no known mark, comes before what it belongs to, or a pattern is no regular expression.</exception>
    public static List<ChatCheck> Read(string path)
    {
        List<ChatCheck> checks = [];
        List<ChatTurn> turns = [];
        int number = 0;
        string line = "";
        foreach (string next in File.ReadLines(path))
        {
            (line, number) = (next, number + 1);
            if (line.Length == 0 || line[0] == '#') continue;

            (string mark, string text) = line.Split(' ', 2) is [{ } first, { Length: > 0 } rest] ? (first, rest) : throw Bad("has no text");
            switch (mark)
            {
                case "===":
                    checks.Add(new ChatCheck(text, null, turns = []));
                    break;
                case "s" when checks.Count > 0 && turns.Count == 0:
                    checks[^1] = checks[^1] with { System = text };
                    break;
                case "u" when checks.Count > 0:
                    turns.Add(new ChatTurn(text, [], []));
                    break;
                case "+" or "-" when turns.Count > 0:
                    (mark == "+" ? turns[^1].Must : turns[^1].MustNot).Add(Pattern(text));
                    break;
                default:
                    throw Bad($"begins with '{mark}', which is no mark or has nothing to belong to");
            }
        }

        if (checks.FirstOrDefault(c => c.Turns.Count == 0 || c.Turns.Any(t => t.Must.Count == 0)) is { } empty)
            throw new FormatException($"{path}: a conversation about {empty.Subject} has no question, or a question without a line '+': nothing would be checked.");

        return checks;

        FormatException Bad(string what, Exception? cause = null) => new($"{path}, line {number}: '{line}' {what}.", cause);

        Regex Pattern(string text)
        {
            try
            {
                return new Regex(text, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            }
            catch (ArgumentException error)
            {
                throw Bad("is no regular expression", error);
            }
        }
    }
}

/// <summary>What a user says, and what the answer must and must not contain.</summary>
internal sealed record ChatTurn(string Text, List<Regex> Must, List<Regex> MustNot)
{
    public bool Accepts(string answer) => Must.TrueForAll(r => r.IsMatch(answer)) && !MustNot.Exists(r => r.IsMatch(answer));
}
