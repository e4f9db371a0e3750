using Puna.Training.Injections;
using Puna.Training.Numerics;

namespace Puna.Training.Guard;

/// <summary>A message of a user, and what a guard is to say of it.</summary>
/// <param name="Text">The message.</param>
/// <param name="Category">Code of the category that it violates, or what kind of harmless text it is.</param>
/// <param name="IsUnsafe">It violates the category.</param>
internal sealed record GuardExample(string Text, string Category, bool IsUnsafe);

/// <summary>
/// Writes messages for the demonstration guard from phrases: the same numbers give the same messages. A message is a frame with
/// a deed in its place; what a deed leads to depends on whether the frame asks for it.
/// </summary>
internal sealed class GuardExamples
{
    private const string Folder = "guard", Nice = "nice", Place = "*";
    private const int LongestBorrowed = 160; // characters of a text that the injection classifier's phrases lend

    private readonly ulong _seed;
    private readonly Phrasebook _phrases;
    private readonly Template[] _frames, _speaking, _asking;
    private readonly string[] _codes;
    private readonly InjectionExamples _borrowed;
    private readonly bool _vary;

    private GuardExamples(ulong seed, string prefix, InjectionExamples borrowed, bool vary)
    {
        _seed = seed;
        _borrowed = borrowed;
        _vary = vary;
        _phrases = new Phrasebook(Folder, "parts", prefix + "deeds");
        _codes = [.. Phrasebook.Templates(Folder, prefix + "deeds").Select(t => t.Category).Where(c => c != Nice).Distinct()];
        ILookup<string, Template> frames = Phrasebook.Templates(Folder, prefix + "frames").ToLookup(t => t.Category);
        (_frames, _speaking, _asking) = ([.. frames["frame"]], [.. frames["hard"]], [.. Phrasebook.Templates(Folder, prefix + "benign")]);
    }

    /// <summary>Phrases for training.</summary>
    public static GuardExamples Training(ulong seed) => new(seed, "", InjectionExamples.Training(seed), vary: true);

    /// <summary>Frames and deeds that were written apart, for measuring alone. They speak of the same people and things.</summary>
    public static GuardExamples HeldOut(ulong seed) => new(seed, "heldout.", InjectionExamples.HeldOut(seed), vary: false);

    /// <summary>The i-th message that is to be flagged; categories are equally frequent.</summary>
    public GuardExample Unsafe(long index)
    {
        SeededRandom random = SeededRandom.For(_seed, index * 2);
        string code = random.Pick(_codes);
        return new GuardExample(Vary(Asking(Expand($"<{code}>", random), random), random), code.ToUpperInvariant(), true);
    }

    /// <summary>The i-th message that is to pass: it speaks of a deed without asking for it, asks for a harmless one, or is about anything.</summary>
    public GuardExample Benign(long index)
    {
        SeededRandom random = SeededRandom.For(_seed, (index * 2) + 1);
        double kind = random.NextDouble();
        if (kind < 0.35) return new GuardExample(Vary(InPlace(random.Pick(_speaking), Expand($"<{random.Pick(_codes)}>", random), random), random), "hard", false);
        if (kind < 0.6) return new GuardExample(Vary(Asking(Expand($"<{Nice}>", random), random), random), "ask", false);
        return kind < 0.7 ? new GuardExample(Vary(Expand(random.Pick(_asking).Text, random), random), "ask", false) : new GuardExample(Borrowed(random, LongestBorrowed), "other", false);
    }

    private string Expand(string text, SeededRandom random) => _phrases.Expand(text, random);

    private string InPlace(Template frame, string deed, SeededRandom random) => Expand(frame.Text, random).Replace(Place, deed, StringComparison.Ordinal);

    /// <summary>A sentence that asks for a deed. In training one in four is no sentence at all, so that the deed is learned and not the frames.</summary>
    private string Asking(string deed, SeededRandom random)
    {
        if (!_vary || random.Chance(0.75)) return InPlace(random.Pick(_frames), deed, random);
        string[] words = Borrowed(random, LongestBorrowed).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', words.Take(random.Next(1, 5)).Append(deed)) + random.Pick<string>(["", ".", "?"]);
    }

    private string Vary(string text, SeededRandom random)
    {
        text = char.ToUpperInvariant(text[0]) + text[1..];
        if (random.Chance(0.1)) text = text.TrimEnd('.', '?', '!');
        if (!_vary || random.Chance(0.75)) return text;
        string beside = Borrowed(random, LongestBorrowed / 2);
        return random.Chance(0.5) ? $"{beside} {text}" : $"{text} {beside}";
    }

    private string Borrowed(SeededRandom random, int longest)
    {
        while (true)
        {
            string text = _borrowed.Benign(random.Next(1 << 30)).Text;
            if (text.Length > 0 && text.Length <= longest) return text;
        }
    }
}
