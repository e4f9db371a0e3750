using System.Numerics;

namespace Puna.Safety.Injections;

/// <summary>A word of a text, as features see it.</summary>
/// <param name="Start">First UTF-16 unit.</param>
/// <param name="End">Unit behind the last.</param>
/// <param name="Hash">Of its small letters.</param>
/// <param name="Concepts">Set of concepts.</param>
internal readonly record struct InjectionWord(int Start, int End, uint Hash, ulong Concepts);

/// <summary>
/// What a linear classifier is told of a window of words: the words, neighbours, and pairs and triples of concepts that stand
/// near each other in any order. Every feature is a hash of 32 bits; what occurs twice counts once.
/// </summary>
internal static class InjectionFeatures
{
    private const int PairReach = 5, TripleReach = 9, MaxConceptsOfWord = 2;

    private enum Kind : uint
    {
        Word = 0x9E3779B1,
        Bigram = 0x85EBCA77,
        Concept = 0xC2B2AE3D,
        Pair = 0x27D4EB2F,
        Triple = 0x165667B1,
    }

    /// <summary>Words of a text: runs of letters and digits, single signs of scripts without spaces, and marks that imitate a prompt's structure.</summary>
    internal static List<InjectionWord> Words(string text, ConceptLexicon lexicon)
    {
        List<InjectionWord> words = [];
        Span<char> small = stackalloc char[MaxWord];
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            int end = i + 1;
            if (ConceptLexicon.IsUnspaced(c))
            {
                words.Add(new InjectionWord(i, end, Hash(text.AsSpan(i, 1)), lexicon.OfUnspaced(text.AsSpan(i, Math.Min(8, text.Length - i)))));
            }
            else if (IsWordPart(c))
            {
                while (end < text.Length && !ConceptLexicon.IsUnspaced(text[end]) && (IsWordPart(text[end]) || (IsJoiner(text[end]) && end + 1 < text.Length && char.IsLetter(text[end + 1])))) end++;
                ReadOnlySpan<char> word = small[..text.AsSpan(i, Math.Min(end - i, MaxWord)).ToLowerInvariant(small)];
                if (char.IsAsciiDigit(word[0]) && word.IndexOfAnyExceptInRange('0', '9') < 0) word = "0"; // all numbers are one
                words.Add(new InjectionWord(i, end, Hash(word), lexicon.Of(word)));
            }
            else if (IsMark(c))
            {
                while (end < text.Length && end - i < 4 && IsMark(text[end])) end++;
                words.Add(new InjectionWord(i, end, Hash(text.AsSpan(i, end - i)), 0));
            }

            i = end;
        }

        return words;
    }

    /// <summary>Distinct features of a window.</summary>
    internal static void Of(ReadOnlySpan<InjectionWord> words, HashSet<uint> features, bool surface = true)
    {
        features.Clear();
        Span<int> first = stackalloc int[MaxConceptsOfWord], second = stackalloc int[MaxConceptsOfWord], third = stackalloc int[MaxConceptsOfWord];
        for (int i = 0; i < words.Length; i++)
        {
            if (surface)
            {
                features.Add(Mix(Kind.Word, words[i].Hash, 0));
                features.Add(Mix(Kind.Bigram, words[i].Hash, i + 1 < words.Length ? words[i + 1].Hash : 1));
            }

            if (words[i].Concepts == 0) continue;
            int firsts = Concepts(words[i].Concepts, first);
            for (int a = 0; a < firsts; a++) features.Add(Mix(Kind.Concept, (uint)first[a], 0));
            for (int j = i + 1; j < words.Length && j - i <= TripleReach; j++)
            {
                int seconds = Concepts(words[j].Concepts, second);
                if (seconds == 0) continue;
                if (j - i <= PairReach)
                {
                    for (int a = 0; a < firsts; a++)
                    {
                        for (int b = 0; b < seconds; b++) features.Add(Pair(first[a], second[b]));
                    }
                }

                for (int k = j + 1; k < words.Length && k - i <= TripleReach; k++)
                {
                    int thirds = Concepts(words[k].Concepts, third);
                    for (int a = 0; a < firsts; a++)
                    {
                        for (int b = 0; b < seconds; b++)
                        {
                            for (int c = 0; c < thirds; c++) features.Add(Triple(first[a], second[b], third[c]));
                        }
                    }
                }
            }
        }
    }

    private const int MaxWord = 48; // a longer run is no word; its beginning stands for it

    private static int Concepts(ulong set, Span<int> into)
    {
        int count = 0;
        for (; set != 0 && count < into.Length; set &= set - 1) into[count++] = BitOperations.TrailingZeroCount(set);
        return count;
    }

    private static uint Pair(int a, int b) => Mix(Kind.Pair, (uint)Math.Min(a, b), (uint)Math.Max(a, b));

    private static uint Triple(int a, int b, int c)
    {
        int low = Math.Min(a, Math.Min(b, c)), high = Math.Max(a, Math.Max(b, c)), middle = a + b + c - low - high;
        return Mix(Kind.Triple, (uint)((low << 8) | middle), (uint)high);
    }

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c == '_' || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static bool IsJoiner(char c) => c is '\'' or '’' or '-';

    private static bool IsMark(char c) => c is '<' or '>' or '|' or '[' or ']' or '{' or '}' or '#' or '=' or '`' or '~' or '*' or ':' or '!' or '?' or '"' or '/';

    private static uint Hash(ReadOnlySpan<char> text)
    {
        uint hash = 2166136261; // FNV-1a
        foreach (char c in text) hash = (hash ^ c) * 16777619;
        return hash;
    }

    private static uint Mix(Kind kind, uint a, uint b)
    {
        uint h = (uint)kind;
        h = BitOperations.RotateLeft(h ^ (a * 0xCC9E2D51), 13) * 5 + 0xE6546B64;
        h = BitOperations.RotateLeft(h ^ (b * 0x1B873593), 15) * 5 + 0x38495AB5;
        h = (h ^ (h >> 16)) * 0x85EBCA6B;
        h = (h ^ (h >> 13)) * 0xC2B2AE35;
        return h ^ (h >> 16);
    }
}
