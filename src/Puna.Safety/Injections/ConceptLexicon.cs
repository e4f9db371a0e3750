using System.Collections.Frozen;

namespace Puna.Safety.Injections;

/// <summary>Which concept a word belongs to: "ignore", "disregard" and "vergiss" say the same to a model that is attacked.</summary>
internal sealed class ConceptLexicon
{
    private const int MinPrefix = 2, MaxPrefix = 16;

    private readonly FrozenDictionary<string, ulong> _words, _prefixes, _inside;
    private readonly FrozenDictionary<string, ulong>.AlternateLookup<ReadOnlySpan<char>> _wordSpans, _prefixSpans, _insideSpans;
    private readonly int _longestInside;

    private ConceptLexicon(IReadOnlyList<string> names, Dictionary<string, ulong> words, Dictionary<string, ulong> prefixes, Dictionary<string, ulong> inside)
    {
        Names = names;
        _words = words.ToFrozenDictionary();
        _prefixes = prefixes.ToFrozenDictionary();
        _inside = inside.ToFrozenDictionary();
        _wordSpans = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        _prefixSpans = _prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        _insideSpans = _inside.GetAlternateLookup<ReadOnlySpan<char>>();
        _longestInside = inside.Count == 0 ? 0 : inside.Keys.Max(k => k.Length);
    }

    /// <summary>The concepts; bit i of a set stands for the i-th.</summary>
    internal IReadOnlyList<string> Names { get; }

    /// <summary>Reads the list: a concept per line.</summary>
    internal static ConceptLexicon Parse(string text)
    {
        List<string> names = [];
        Dictionary<string, ulong> words = [], prefixes = [], inside = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line[0] == '#') continue;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            ulong bit = 1UL << names.Count;
            names.Add(line[..colon]);
            foreach (string word in line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                Dictionary<string, ulong> into = IsUnspaced(word[0]) ? inside : word[^1] == '*' ? prefixes : words;
                string key = word.TrimEnd('*');
                into[key] = into.GetValueOrDefault(key) | bit;
            }
        }

        return names.Count <= 64 ? new ConceptLexicon(names, words, prefixes, inside) : throw new InvalidDataException($"The list has {names.Count} concepts; a set holds 64.");
    }

    /// <summary>True for scripts that are written without spaces between words.</summary>
    internal static bool IsUnspaced(char c) => c is (>= '\u0E00' and <= '\u0E7F') or (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uAC00' and <= '\uD7AF');

    /// <summary>Concepts of a word in small letters.</summary>
    internal ulong Of(ReadOnlySpan<char> word)
    {
        if (IsUnspaced(word[0])) return OfUnspaced(word);

        _wordSpans.TryGetValue(word, out ulong set);
        for (int length = MinPrefix; length <= Math.Min(word.Length, MaxPrefix); length++)
        {
            if (_prefixSpans.TryGetValue(word[..length], out ulong more)) set |= more;
        }

        return set;
    }

    /// <summary>Concepts of the longest entry that text without spaces begins with.</summary>
    internal ulong OfUnspaced(ReadOnlySpan<char> text)
    {
        for (int length = Math.Min(_longestInside, text.Length); length > 0; length--)
        {
            if (_insideSpans.TryGetValue(text[..length], out ulong set)) return set;
        }

        return 0;
    }
}
