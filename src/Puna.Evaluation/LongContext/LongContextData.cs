using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Puna.Evaluation.Models;
using Puna.Evaluation.Statistics;

namespace Puna.Evaluation.LongContext;

/// <summary>
/// Makes questions about long texts, as long as asked for in tokens of the model. The same settings and tokenizer give the same rows;
/// a run records the hash of the file they are stored in.
/// </summary>
public static class LongContextData
{
    private const int MinLength = 512, ShortLength = 4096;

    /// <summary>Names of RULER's tasks.</summary>
    public static IReadOnlyList<string> RulerNames { get; } = [.. new RulerTasks(Haystack.Of(null)).All.Select(task => task.Name)];

    /// <summary>Depths of a grid of needles, in percent, where the caller names none.</summary>
    public static IReadOnlyList<int> DefaultDepths { get; } = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

    /// <summary>RULER: every task at every length.</summary>
    /// <param name="settings">Lengths, number, seed.</param>
    /// <param name="tasks">Names of tasks; null for all thirteen.</param>
    /// <exception cref="EvaluationException">A length is too short for a task, or a name is none.</exception>
    public static IEnumerable<JsonObject> Ruler(LongContextSettings settings, IReadOnlyList<string>? tasks = null)
    {
        if (tasks?.FirstOrDefault(name => !RulerNames.Contains(name)) is { } unknown) throw new EvaluationException($"RULER has no task '{unknown}'. It has {string.Join(", ", RulerNames)}.");

        Haystack essays = Haystack.Of(settings.Text);
        return Rows(settings, [.. new RulerTasks(essays).All.Where(task => tasks?.Contains(task.Name) ?? true).Select(task => (task, task.Name, true))]);
    }

    /// <summary>Needles in a haystack: at every depth of every length, so many different ones.</summary>
    /// <param name="settings">Lengths, number, seed.</param>
    /// <param name="depths">Depths in percent of the text, 0 before its first sentence and 100 after its last; null for <see cref="DefaultDepths"/>.</param>
    /// <exception cref="EvaluationException">A length is too short, or a depth is none.</exception>
    public static IEnumerable<JsonObject> Needles(LongContextSettings settings, IReadOnlyList<int>? depths = null)
    {
        depths ??= DefaultDepths;
        if (depths.Count == 0 || depths.Any(depth => depth is < 0 or > 100)) throw new EvaluationException($"Depths {string.Join(", ", depths)}: they are percentages from 0 to 100.");

        Haystack text = Haystack.Of(settings.Text);
        return Rows(settings, [.. depths.Distinct().Select(depth => (new LongTask($"needle-{depth}", 64, 2, (random, size, _) => Needle(random, text.Take(size), depth)), string.Create(CultureInfo.InvariantCulture, $"{depth} %"), false))]);
    }

    private static LongQuestion Needle(SplitMix64 random, List<string> sentences, int depth)
    {
        string town = InventedWords.Name(random), thing = $"{InventedWords.Pick(random, InventedWords.Adjectives)} {InventedWords.Pick(random, InventedWords.Nouns)}", place = InventedWords.Name(random);
        sentences.Insert((int)Math.Round(depth / 100.0 * sentences.Count), $"The {thing} of {town} is kept in the cellar of the {place} inn.");
        return new LongQuestion(
            $"Here is a text. Afterwards you will be asked about one of its sentences.\n\n{string.Join(' ', sentences)}\n\nIn the cellar of which inn is the {thing} of {town} kept? Answer with its name alone, as the text gives it.",
            $"\nAnswer: The {thing} of {town} is kept in the cellar of the", [place]);
    }

    /// <param name="settings">The settings.</param>
    /// <param name="tasks">Every task with the name of its row in a grid, and whether answers are begun in a conversation too.</param>
    private static IEnumerable<JsonObject> Rows(LongContextSettings settings, IReadOnlyList<(LongTask Task, string Row, bool Begun)> tasks)
    {
        if (settings.Lengths.Count == 0) throw new EvaluationException("At least one length is needed.");
        if (settings.Lengths.FirstOrDefault(length => length < MinLength, MinLength) is var tooShort and < MinLength) throw new EvaluationException($"Length {tooShort}: at least {MinLength} tokens are needed for a question and a text to hide things in.");
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.Count, 1, nameof(settings.Count));
        return Generate();

        IEnumerable<JsonObject> Generate()
        {
            foreach (int length in settings.Lengths.Distinct().Order())
            {
                foreach ((LongTask whole, string row, bool begun) in tasks)
                {
                    bool prefix = begun || !settings.Chat;
                    LongTask task = whole.Smaller is { } smaller && (length < ShortLength || !Fits(settings, whole, length, whole.MinSize, prefix)) ? smaller : whole;
                    int size = Largest(settings, task, length, prefix);
                    for (int i = 0; i < settings.Count; i++) yield return Row(settings, task, row, length, i, size, prefix);
                }
            }
        }
    }

    private static JsonObject Row(LongContextSettings settings, LongTask task, string row, int length, int index, int size, bool prefix)
    {
        // Another question's words may have more tokens.
        LongQuestion question = Build(settings, task, length, index, size);
        while (Tokens(settings, task, question, prefix) > length)
        {
            size -= Math.Max(1, size / 500);
            if (size < task.MinSize) throw TooShort(task, length);
            question = Build(settings, task, length, index, size);
        }

        return new JsonObject
        {
            ["id"] = string.Create(CultureInfo.InvariantCulture, $"{task.Name}/{length}/{index}"),
            ["group"] = string.Create(CultureInfo.InvariantCulture, $"{row} | {length}"),
            ["prompt"] = question.Prompt,
            ["prefix"] = prefix ? question.Prefix : "",
            ["references"] = new JsonArray([.. question.References.Select(reference => (JsonNode?)JsonValue.Create(reference))]),
            ["any"] = question.Any,
            ["max_tokens"] = task.NewTokens,
            ["chat"] = settings.Chat,
        };
    }

    private static int Largest(LongContextSettings settings, LongTask task, int length, bool prefix)
    {
        int fits = task.MinSize;
        if (!Fits(settings, task, length, fits, prefix)) throw TooShort(task, length);

        int over = Math.Max(2 * fits, 16);
        while (Fits(settings, task, length, over, prefix)) (fits, over) = (over, 2 * over);
        while (over - fits > 1)
        {
            int middle = fits + ((over - fits) / 2);
            if (Fits(settings, task, length, middle, prefix)) fits = middle;
            else over = middle;
        }

        return fits;
    }

    private static bool Fits(LongContextSettings settings, LongTask task, int length, int size, bool prefix) => Tokens(settings, task, Build(settings, task, length, 0, size), prefix) <= length;

    private static LongQuestion Build(LongContextSettings settings, LongTask task, int length, int index, int size)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"{settings.Seed}/{task.Name}/{length}/{index}");
        return task.Build(new SplitMix64(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(place)))), size, length);
    }

    private static int Tokens(LongContextSettings settings, LongTask task, LongQuestion question, bool prefix) =>
        settings.CountTokens(Request(question.Prompt, prefix ? question.Prefix : "", task.NewTokens, settings.Chat)) + task.NewTokens;

    /// <summary>The request that puts a question.</summary>
    internal static ModelRequest Request(string prompt, string prefix, int maxTokens, bool chat) => chat
        ? new ModelRequest { Turns = [new PromptTurn("user", prompt)], Prefill = prefix, MaxTokens = maxTokens }
        : new ModelRequest { Prompt = prompt, Prefill = prefix, MaxTokens = maxTokens };

    private static EvaluationException TooShort(LongTask task, int length) => new($"{length} tokens are too few for a question of {task.Name} with this tokenizer. Ask for longer ones.");
}
