using System.Globalization;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.LongContext;

/// <summary>
/// RULER's thirteen tasks with its prompts and proportions, over words, keys and documents of Puna's own making. Its questions about
/// documents are asked of invented ones, so that no model can know the answers.
/// </summary>
/// <remarks>Source: NVIDIA/RULER, scripts/synthetic.yaml and scripts/data/synthetic.</remarks>
internal sealed class RulerTasks(Haystack essays)
{
    private const string Noise = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";
    private const int Depths = 40;

    private enum Straw
    {
        Noise,
        Essays,
        Needles,
    }

    /// <summary>All thirteen.</summary>
    public IReadOnlyList<LongTask> All =>
    [
        Needles("niah_single_1", Straw.Noise, 1, 1, 1),
        Needles("niah_single_2", Straw.Essays, 1, 1, 1),
        Needles("niah_single_3", Straw.Essays, 1, 1, 1, uuidValue: true),
        Needles("niah_multikey_1", Straw.Essays, 4, 1, 1),
        Needles("niah_multikey_2", Straw.Needles, 1, 1, 1),
        Needles("niah_multikey_3", Straw.Needles, 1, 1, 1, uuidKey: true, uuidValue: true),
        Needles("niah_multivalue", Straw.Essays, 1, 4, 1),
        Needles("niah_multiquery", Straw.Essays, 4, 1, 4),
        new LongTask("vt", 30, 5, (random, size, _) => Chain(random, 3, 5) is var (example, values) ? WithExample(example, " " + string.Join(' ', values), Chain(random, 5, size).Question) : null!),
        CommonWords((30, 3), (10, 3, 30)) with { Smaller = CommonWords((6, 1), (3, 1, 10)) },
        new LongTask("fwe", 50, 60, FrequentWords),
        new LongTask("qa_1", 32, 1, (random, size, _) => Documents(random, size, twoSteps: false)),
        new LongTask("qa_2", 32, 2, (random, size, _) => Documents(random, size, twoSteps: true)),
    ];

    private LongTask Needles(string name, Straw straw, int keys, int values, int queries, bool uuidKey = false, bool uuidValue = false) => new(name, 128, 4, (random, size, _) =>
    {
        Func<string> key = uuidKey ? () => InventedWords.Uuid(random) : () => InventedWords.Key(random), value = uuidValue ? () => InventedWords.Uuid(random) : () => InventedWords.Number(random);
        string kind = uuidValue ? "uuid" : "number";
        string Needle(string k, string v) => $"One of the special magic {kind}s for {k} is: {v}.";
        string[] names = InventedWords.Distinct(keys + (straw == Straw.Needles ? size : 0), key);
        string[] all = InventedWords.Distinct(keys * values, value);
        string[] needles = [.. all.Select((v, i) => Needle(names[i / values], v))], asked = names[..keys];
        random.Shuffle(asked.AsSpan());
        asked = asked[..queries];
        string[] references = [.. asked.SelectMany(k => all.Skip(Array.IndexOf(names, k) * values).Take(values))];
        string context = straw switch
        {
            Straw.Noise => Scatter(random, [.. Enumerable.Repeat(Noise, size)], needles),
            Straw.Needles => Scatter(random, [.. names[keys..].Select(k => Needle(k, value()))], needles),
            _ => AtDepths(random, essays.Take(size), needles),
        };
        string query = asked.Length == 1 ? asked[0] : $"{string.Join(", ", asked[..^1])}, and {asked[^1]}";
        return references.Length == 1
            ? new LongQuestion(
                $"A special magic {kind} is hidden within the following text. Make sure to memorize it. I will quiz you about the {kind} afterwards.\n{context}\nWhat is the special magic {kind} for {query} mentioned in the provided text?",
                $" The special magic {kind} for {query} mentioned in the provided text is", references)
            : new LongQuestion(
                $"Some special magic {kind}s are hidden within the following text. Make sure to memorize it. I will quiz you about the {kind}s afterwards.\n{context}\nWhat are all the special magic {kind}s for {query} mentioned in the provided text?",
                $" The special magic {kind}s for {query} mentioned in the provided text are", references);
    });

    private static (LongQuestion Question, string[] Names) Chain(SplitMix64 random, int letters, int lines)
    {
        const int hops = 4;
        string[] names = InventedWords.Distinct(hops + 1, () => InventedWords.Letters(random, letters));
        string value = (10_000 + random.Next(90_000)).ToString(CultureInfo.InvariantCulture);
        string[] chain = [$"VAR {names[0]} = {value}", .. Enumerable.Range(1, hops).Select(i => $"VAR {names[i]} = VAR {names[i - 1]} ")];
        return (new LongQuestion(
            $"Memorize and track the chain(s) of variable assignment hidden in the following text.\n\n{Scatter(random, [.. Enumerable.Repeat(Noise, lines)], chain)}\nQuestion: Find all variables that are assigned the value {value} in the text above.",
            $" Answer: According to the chain(s) of variable assignment in the text above, {names.Length} variables are assigned the value {value}, they are: ", names), names);
    }

    private static LongTask CommonWords((int Often, int Seldom) times, (int Often, int Seldom, int Others) example) => new("cwe", 120, 1, (random, size, _) =>
        CommonWords(random, example.Others, example.Often, example.Seldom) is var shown ? WithExample(shown, " " + Numbered(shown.References), CommonWords(random, size, times.Often, times.Seldom)) : null!);

    private static LongQuestion CommonWords(SplitMix64 random, int others, int often, int seldom)
    {
        const int common = 10;
        string[] words = InventedWords.Distinct(common + others, () => InventedWords.Coined(random));
        string[] list = [.. words.SelectMany((word, i) => Enumerable.Repeat(word, i < common ? often : seldom))];
        random.Shuffle(list.AsSpan());
        return new LongQuestion(
            $"Below is a numbered list of words. In these words, some appear more often than others. Memorize the ones that appear most often.\n{Numbered(list)}\nQuestion: What are the 10 most common words in the above list?",
            " Answer: The top 10 words that appear most often in the list are:", words[..common]);
    }

    private static LongQuestion FrequentWords(SplitMix64 random, int size, int length)
    {
        const double sumOfSquares = Math.PI * Math.PI / 6; // of all 1/k²: Zipf with exponent 2
        string[] words = ["...", .. InventedWords.Distinct(Math.Max(length / 50, 8), () => InventedWords.Coined(random))];
        string[] list = [.. words.SelectMany((word, i) => Enumerable.Repeat(word, (int)(size / ((i + 1.0) * (i + 1) * sumOfSquares))))];
        random.Shuffle(list.AsSpan());
        return new LongQuestion(
            $"Read the following coded text and track the frequency of each coded word. Find the three most frequently appeared coded words. {string.Join(' ', list)}\nQuestion: Do not provide any explanation. Please ignore the dots '....'. What are the three most frequently appeared words in the above coded text?",
            " Answer: According to the coded text above, the three most frequently appeared words are:", words[1..4]);
    }

    private static LongQuestion Documents(SplitMix64 random, int others, bool twoSteps)
    {
        // In pairs of a person and the town that the person came from; the first pair is the one that is asked about.
        int people = twoSteps ? (others + 3) / 2 : others + 1;
        string[] names = InventedWords.Distinct(4 * people, () => InventedWords.Name(random));
        List<string> documents = [];
        for (int i = 0; i < people; i++)
        {
            (string person, string town, string river) = ($"{names[4 * i]} {names[(4 * i) + 1]}", names[(4 * i) + 2], names[(4 * i) + 3]);
            documents.Add($"{person}\n{person} was born in {town} in {1500 + random.Next(400)}, learned to make every kind of {InventedWords.Pick(random, InventedWords.Nouns)} and is remembered for a {InventedWords.Pick(random, InventedWords.Adjectives)} {InventedWords.Pick(random, InventedWords.Nouns)}.");
            if (twoSteps) documents.Add($"{town}\n{town} is a town on the river {river}. It has {2 + random.Next(90)} streets and a {InventedWords.Pick(random, InventedWords.Adjectives)} {InventedWords.Pick(random, InventedWords.Nouns)} on its coat of arms.");
        }

        string[] order = [.. documents];
        random.Shuffle(order.AsSpan());
        string who = $"{names[0]} {names[1]}", question = twoSteps ? $"On which river lies the town where {who} was born?" : $"In which town was {who} born?";
        const string task = "Answer the question based on the given documents. Only give me the answer and do not output any other words.";
        return new LongQuestion(
            $"{task}\n\nThe following are given documents.\n\n{string.Join("\n\n", order.Select((text, i) => $"Document {i + 1}:\n{text}"))}\n\n{task}\n\nQuestion: {question}",
            " Answer:", [twoSteps ? names[3] : names[2]], Any: true);
    }

    private static LongQuestion WithExample(LongQuestion example, string answer, LongQuestion question) => question with { Prompt = $"{example.Prompt}\n{example.Prefix}{answer}\n\n{question.Prompt}" };

    private static string Numbered(IReadOnlyList<string> words) => string.Join(' ', words.Select((word, i) => string.Create(CultureInfo.InvariantCulture, $"{i + 1}. {word}")));

    /// <summary>Puts lines at random places between others, in their order.</summary>
    private static string Scatter(SplitMix64 random, List<string> lines, string[] added)
    {
        int[] places = [.. added.Select(_ => random.Next(lines.Count + 1)).Order()];
        for (int i = places.Length - 1; i >= 0; i--) lines.Insert(places[i], added[i]);
        return string.Join('\n', lines);
    }

    /// <summary>Puts needles between sentences, at different ones of forty depths from the beginning to the end.</summary>
    private static string AtDepths(SplitMix64 random, List<string> sentences, string[] needles)
    {
        int[] depths = [.. Enumerable.Range(0, Depths)];
        random.Shuffle(depths.AsSpan());
        int[] places = [.. depths.Take(needles.Length).Select(depth => (int)Math.Round((double)depth / (Depths - 1) * sentences.Count)).Order()];
        for (int i = places.Length - 1; i >= 0; i--) sentences.Insert(places[i], needles[i]);
        return string.Join(' ', sentences);
    }
}
