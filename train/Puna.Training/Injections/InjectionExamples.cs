using Puna.Training.Data;
using Puna.Training.Numerics;

namespace Puna.Training.Injections;

/// <summary>A text, and where an attack stands in it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Category">Section of its template, or what was done to it.</param>
/// <param name="Template">Number of the template that decides what it is.</param>
/// <param name="AttackStart">First UTF-16 unit of the attack; -1 for none.</param>
/// <param name="AttackEnd">Unit behind the last.</param>
internal sealed record InjectionExample(string Text, string Category, int Template, int AttackStart = -1, int AttackEnd = -1)
{
    public bool IsAttack => AttackStart >= 0;
}

/// <summary>Writes attacks and harmless texts from phrases: the same numbers give the same texts.</summary>
internal sealed class InjectionExamples
{
    private const string Folder = "injections";

    private readonly ulong _seed;
    private readonly Phrasebook _attackPhrases, _benignPhrases;
    private readonly ILookup<string, Template> _attacks, _benign;
    private readonly string[] _attackSections, _benignSections, _background, _frequentAttacks, _frequentBenign;
    private readonly double _attackFrequency = 0.6, _benignFrequency = 0.3; // of the frequent sections

    /// <param name="seed">Seed of all choices.</param>
    /// <param name="attackParts">Files of phrases that attacks ask for.</param>
    /// <param name="attacks">Files whose sections are categories of attacks.</param>
    /// <param name="benignParts">Files of phrases that harmless texts ask for.</param>
    /// <param name="benign">Files whose sections are categories of harmless texts.</param>
    /// <param name="background">Sentences that others wrote, or none.</param>
    /// <param name="wide">Sections of attacks and of harmless texts to take often, beside the usual ones.</param>
    private InjectionExamples(ulong seed, string[] attackParts, string[] attacks, string[] benignParts, string[] benign, string[] background, (string[] Attacks, string[] Benign) wide)
    {
        _background = background;
        _frequentAttacks = ["direct", "extraction", "persona", "authority", "indirect", .. wide.Attacks];
        _frequentBenign = ["hard", "security", "roleplay", .. wide.Benign];
        if (wide.Attacks.Length > 0) (_attackFrequency, _benignFrequency) = (0.85, 0.5); // other languages are many sections
        _seed = seed;
        _attackPhrases = new Phrasebook(Folder, [.. attackParts, .. attacks]);
        _benignPhrases = new Phrasebook(Folder, [.. benignParts, .. benign]);
        _attacks = Phrasebook.Templates(Folder, attacks).Where(t => t.Category != "any2").ToLookup(t => t.Category);
        _benign = Phrasebook.Templates(Folder, benign).Where(t => t.Category != "q").ToLookup(t => t.Category);
        _attackSections = [.. _attacks.Select(g => g.Key)];
        _benignSections = [.. _benign.Select(g => g.Key)];
    }

    /// <summary>Phrases for training.</summary>
    public static InjectionExamples Training(ulong seed) => new(seed, ["attack-parts"], ["attacks", "attacks-languages"], ["benign-parts"], ["benign"], Sentences(), ([], []));

    /// <summary>Those, and many more, for a network, which leans on wordings that a classifier of words does not see.</summary>
    public static InjectionExamples WideTraining(ulong seed) => new(
        seed, ["attack-parts", "wide-attack-parts"], ["attacks", "attacks-languages", "wide-attacks"], ["benign-parts", "wide-benign-parts"], ["benign", "wide-benign"], Sentences(),
        (Sections("wide-attacks"), Sections("wide-benign")));

    /// <summary>Phrases that were written apart, for measuring alone. None of their templates or sentences is trained on.</summary>
    public static InjectionExamples HeldOut(ulong seed) => new(seed, ["heldout.attack-parts"], ["heldout.attacks"], ["heldout.benign-parts"], ["heldout.benign"], [], ([], []));

    /// <summary>Every attack template, for counting.</summary>
    public int Templates => _attacks.Sum(g => g.Count()) + _benign.Sum(g => g.Count());

    /// <summary>The i-th attack: alone, beside harmless words, or inside a document.</summary>
    public InjectionExample Attack(long index, bool alone = false)
    {
        SeededRandom random = SeededRandom.For(_seed, index * 2);
        string section = random.Chance(_attackFrequency) ? random.Pick(_frequentAttacks) : random.Pick(_attackSections);
        if (!_attacks.Contains(section)) section = random.Pick(_attackSections);
        Template template = random.Pick([.. _attacks[section]]);
        string attack = Vary(_attackPhrases.Expand(template.Text, random), random);
        double kind = random.NextDouble();
        (string before, string after) = alone || kind < 0.55 ? ("", "")
            : kind < 0.65 ? (Harmless(random) + random.Pick<string>([" ", "\n", "\n\n", ". "]), "")
            : kind < 0.75 ? ("", random.Pick<string>([" ", "\n", "\n\n"]) + Harmless(random))
            : kind < 0.85 ? (Harmless(random) + " ", " " + Harmless(random))
            : (Document(random), Document(random));
        return new InjectionExample(before + attack + after, section, template.Id, before.Length, before.Length + attack.Length);
    }

    /// <summary>The i-th harmless text.</summary>
    public InjectionExample Benign(long index)
    {
        SeededRandom random = SeededRandom.For(_seed, (index * 2) + 1);
        if (_background.Length > 0 && random.Chance(0.4)) return new InjectionExample(Background(random, out int line), "background", -1 - line);

        string section = random.Chance(_benignFrequency) ? random.Pick(_frequentBenign) : random.Pick(_benignSections);
        if (!_benign.Contains(section)) section = random.Pick(_benignSections);
        Template template = random.Pick([.. _benign[section]]);
        string text = Vary(_benignPhrases.Expand(template.Text, random), random);
        if (random.Chance(0.15)) text += random.Pick<string>([" ", "\n"]) + Harmless(random);
        return new InjectionExample(text, section, template.Id);
    }

    private static string[] Sentences() => Resources.Read("injections.background.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Sections(string file) => [.. Phrasebook.Templates(Folder, file).Select(t => t.Category).Distinct()];

    private string Background(SeededRandom random, out int line)
    {
        line = random.Next(_background.Length);
        int first = line, count = random.Chance(0.4) ? 1 : random.Next(2, 6);
        return string.Join(random.Pick<string>([" ", "\n", "\n\n"]), Enumerable.Range(0, count).Select(i => _background[(first + (i * 7919)) % _background.Length]));
    }

    private string Harmless(SeededRandom random) => _background.Length > 0 && random.Chance(0.4) ? Background(random, out _) : _benignPhrases.Expand(random.Pick([.. _benign[random.Pick(_benignSections)]]).Text, random);

    private string Document(SeededRandom random) =>
        "\n" + (_background.Length > 0 && random.Chance(0.5) ? Background(random, out _) : string.Join(random.Pick<string>(["\n", "\n\n", " "]), Enumerable.Range(0, random.Next(1, 4)).Select(_ => _benignPhrases.Expand(_benign.Contains("text") ? "<fact> <fact> <fact>" : "<paragraph>", random)))) + "\n";

    /// <summary>What people do to a text without meaning anything: capitals, missing marks, slips of the finger.</summary>
    private static string Vary(string text, SeededRandom random)
    {
        if (random.Chance(0.1)) text = text.TrimEnd('.', '!', '?');
        if (random.Chance(0.5) && text.Length > 0) text = char.ToUpperInvariant(text[0]) + text[1..];
        if (random.Chance(0.03) && text.Length > 8)
        {
            int at = random.Next(1, text.Length - 3);
            if (char.IsLetter(text[at]) && char.IsLetter(text[at + 1])) text = text[..at] + text[at + 1] + text[at] + text[(at + 2)..];
        }

        return text;
    }
}
