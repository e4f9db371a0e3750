using System.Text;
using Puna.Tokenizers.Unicode;

namespace Puna.Safety.Obfuscation;

/// <summary>Passes that look at letters and words: letters set apart, leetspeak, ROT13, reversal.</summary>
internal static class WordPasses
{
    private const int MinSpacedLetters = 4;
    private const int MaxLeetWord = 20; // longer mixtures are hashes and keys

    /// <summary>Joins runs of single letters with the same separator between them; a wider gap, or another separator, ends a word.</summary>
    internal static MappedText Spacing(MappedText text)
    {
        MappedText.Builder builder = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = SpacedRun(text, i, out int separator);
            if (end == i)
            {
                builder.Add(text, i++);
                continue;
            }

            for (int c = i; c < end; c++)
            {
                if (text[c] != separator) builder.Add(text, c);
                else if (separator == ' ' && c + 1 < end && text[c + 1] == ' ' && (c == i || text[c - 1] != ' ')) builder.Add(' ', text.StartOf(c), text.EndOf(c));
            }

            i = end;
        }

        return builder.Build();
    }

    /// <summary>Reads digits and signs as letters in words that hold both.</summary>
    internal static MappedText Leetspeak(MappedText text)
    {
        MappedText.Builder builder = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = i, letters = 0, signs = 0;
            while (end < text.Length && (CharacterPasses.IsLatin(text[end]) || Leet(text[end]) != 0))
            {
                if (CharacterPasses.IsLatin(text[end])) letters++;
                else signs++;
                end++;
            }

            bool whole = (i == 0 || !IsLetter(text, i - 1)) && (end == text.Length || !IsLetter(text, end));
            bool mixed = whole && letters > 0 && signs > 0 && end - i <= MaxLeetWord;
            if (end == i) builder.Add(text, end++);
            else
            {
                int last = end;
                while (mixed && last > i && text[last - 1] is '!' or '|' or '+' && last - i > 1) last--; // a mark behind a word is a mark
                for (int c = i; c < end; c++)
                    builder.Add(mixed && c < last && Leet(text[c]) is char letter and not '\0' ? letter : text[c], text.StartOf(c), text.EndOf(c));
            }

            i = end;
        }

        return builder.Build();
    }

    internal static MappedText Rot13(MappedText text) => text.Map(static scalar => scalar switch
    {
        >= 'a' and <= 'z' => 'a' + ((scalar - 'a' + 13) % 26),
        >= 'A' and <= 'Z' => 'A' + ((scalar - 'A' + 13) % 26),
        _ => scalar,
    });

    internal static MappedText Reversed(MappedText text)
    {
        MappedText.Builder builder = new(text.Length);
        for (int i = text.Length - 1; i >= 0; i--) builder.Add(text, i);
        return builder.Build();
    }

    /// <summary>End of a run "a b c d" that begins at <paramref name="at"/>, or <paramref name="at"/>.</summary>
    private static int SpacedRun(MappedText text, int at, out int separator)
    {
        separator = 0;
        if (!IsLetter(text, at) || (at > 0 && IsLetter(text, at - 1)) || at + 1 >= text.Length || text[at + 1] is not (' ' or '.' or '-' or '_' or '*' or '/')) return at;

        separator = text[at + 1];
        int letters = 1, end = at + 1;
        while (true)
        {
            int next = end;
            while (next < text.Length && text[next] == separator && next - end < 4) next++;
            if (next == end || next >= text.Length || !IsLetter(text, next) || (next + 1 < text.Length && IsLetter(text, next + 1))) break;
            letters++;
            end = next + 1;
        }

        return letters >= MinSpacedLetters ? end : at;
    }

    private static bool IsLetter(MappedText text, int at) => Rune.IsLetterOrDigit(new Rune(text[at]));

    private static char Leet(int scalar) => scalar switch
    {
        '0' => 'o',
        '1' or '!' or '|' => 'i',
        '3' => 'e',
        '4' or '@' => 'a',
        '5' or '$' => 's',
        '7' or '+' => 't',
        '8' => 'b',
        '9' => 'g',
        _ => '\0',
    };
}
