using System.Text;

namespace Puna.Evaluation.Tasks.Choices;

/// <summary>Letters of choices and the lines that name them.</summary>
internal static class ChoiceLetters
{
    internal static string Letter(int index) => ((char)('A' + index)).ToString();

    /// <summary>A line <c>A. text</c> per choice, each with the line feed before it.</summary>
    internal static string Lines(IReadOnlyList<string> choices, string format = "\n{0}. {1}")
    {
        StringBuilder lines = new();
        for (int i = 0; i < choices.Count; i++) lines.Append(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, Letter(i), choices[i]));
        return lines.ToString();
    }
}
