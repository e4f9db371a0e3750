using System.Text;
using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>Expands templates: <c>[a|b|c]</c> is one of several, nested at will; <c>&lt;name&gt;</c> asks for a value.</summary>
internal static class Grammar
{
    public static string Expand(string template, SeededRandom random, Func<string, string> value)
    {
        StringBuilder output = new();
        int at = 0;
        Sequence(template, ref at, random, value, output, inAlternative: false);
        return output.ToString();
    }

    private static void Sequence(string t, ref int at, SeededRandom random, Func<string, string> value, StringBuilder? output, bool inAlternative)
    {
        while (at < t.Length)
        {
            char c = t[at];
            if (inAlternative && c is '|' or ']') return;

            if (c == '[') Alternatives(t, ref at, random, value, output);
            else if (c == '<' && t.IndexOf('>', at) is var end and > 0)
            {
                string name = t[(at + 1)..end];
                output?.Append(value(name));
                at = end + 1;
            }
            else
            {
                output?.Append(c);
                at++;
            }
        }
    }

    private static void Alternatives(string t, ref int at, SeededRandom random, Func<string, string> value, StringBuilder? output)
    {
        int chosen = random.Next(Count(t, at));
        at++;
        for (int i = 0; ; i++)
        {
            Sequence(t, ref at, random, value, i == chosen ? output : null, inAlternative: true);
            if (at >= t.Length) throw new FormatException($"'{t}' does not close its bracket.");
            if (t[at++] == ']') return;
        }
    }

    private static int Count(string t, int open)
    {
        int depth = 0, count = 1;
        for (int i = open; i < t.Length; i++)
        {
            if (t[i] == '[') depth++;
            else if (t[i] == ']' && --depth == 0) return count;
            else if (t[i] == '|' && depth == 1) count++;
        }

        throw new FormatException($"'{t}' does not close its bracket.");
    }
}
