using Puna.Safety.Obfuscation;
using Puna.Tokenizers.SentencePiece;
using Puna.Training.Injections;
using Puna.Training.Numerics;

namespace Puna.Training.Encoder;

/// <summary>A window of token ids, and whether an attack stands in it.</summary>
internal readonly record struct InjectionWindow(int[] Ids, bool IsAttack);

/// <summary>
/// Makes windows for a classifier from generated texts, cut as Prompt Guard's scanner cuts them: whole texts, groups of about 64
/// tokens, and windows of long documents. Harmless texts come as their readings, too, which a scanner sees as well.
/// </summary>
/// <param name="texts">Where the texts come from.</param>
/// <param name="tokenizer">Their tokenizer.</param>
/// <param name="seed">Seed of all choices.</param>
/// <param name="positions">Longest window, special tokens included.</param>
internal sealed class InjectionWindows(InjectionExamples texts, UnigramTokenizer tokenizer, ulong seed, int positions)
{
    private const int GroupTokens = 64, EnoughOfAnAttack = 32;
    private const double MostLeftOut = 0.25; // share of the tokens

    /// <summary>The window of a number, or null where the number has none: half an attack, or a template that is not wanted.</summary>
    /// <param name="index">Number.</param>
    /// <param name="wanted">Of the template.</param>
    /// <param name="perturb">Leave out some tokens, so that no one word decides.</param>
    public InjectionWindow? Of(long index, Func<int, bool> wanted, bool perturb)
    {
        SeededRandom random = SeededRandom.For(seed, index);
        InjectionExample example = random.Chance(0.5) ? texts.Attack(index) : texts.Benign(index);
        if (!wanted(example.Template)) return null;

        (string text, int start, int end) = (example.Text, example.AttackStart, example.AttackEnd);
        if (!example.IsAttack && random.Chance(0.25)) text = random.Pick(TextVariants.Of(text)).String;
        if (random.Chance(0.04)) (text, start, end) = InDocument(text, start, end, index, random);

        List<TextToken> tokens = tokenizer.Encode(text);
        if (tokens.Count == 0) return null;
        (int first, int count) = Cut(tokens, start, random);
        int attack = tokens.Count(t => Inside(t)), inside = tokens.Skip(first).Take(count).Count(t => Inside(t));
        bool isAttack = example.IsAttack && inside >= Math.Min(attack, EnoughOfAnAttack);
        if (!isAttack && inside > 0) return null;

        return new InjectionWindow(Ids(tokens, first, count, perturb && random.Chance(0.5) ? MostLeftOut * random.NextDouble() : 0, random), isAttack);

        bool Inside(TextToken token) => token.Start >= start && token.End <= end && start >= 0;
    }

    private (string Text, int Start, int End) InDocument(string text, int start, int end, long index, SeededRandom random)
    {
        string before = "", after = "";
        for (int i = random.Next(2, 14); i > 0; i--)
        {
            string other = texts.Benign((index * 31) + i).Text + random.Pick<string>([" ", "\n", "\n\n"]);
            if (random.Chance(0.5)) before += other;
            else after += other;
        }

        return start < 0 ? (before + text + " " + after, start, end) : (before + text + " " + after, start + before.Length, end + before.Length);
    }

    private (int First, int Count) Cut(List<TextToken> tokens, int attackStart, SeededRandom random)
    {
        int longest = positions - 2;
        if (tokens.Count <= GroupTokens || (tokens.Count <= longest && random.Chance(0.5))) return (0, tokens.Count);

        int count = Math.Min(tokens.Count, random.Chance(0.3) ? longest : random.Next(GroupTokens * 2 / 3, GroupTokens)), last = tokens.Count - count;
        if (attackStart < 0 || random.Chance(0.3)) return (random.Next(0, last), count);
        int attack = tokens.FindIndex(t => t.End > attackStart);
        return (Math.Clamp(attack - random.Next(count / 2), 0, last), count);
    }

    private int[] Ids(List<TextToken> tokens, int first, int count, double rate, SeededRandom random)
    {
        List<int> ids = new(count + 2) { tokenizer.Roles.Cls };
        for (int t = first; t < first + count; t++)
        {
            if (!random.Chance(rate)) ids.Add(tokens[t].Id);
            else if (random.Chance(0.5)) ids.Add(tokenizer.Roles.Unknown);
        }

        ids.Add(tokenizer.Roles.Sep);
        return [.. ids];
    }
}
