using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Puna.Evaluation.Tasks;

namespace Puna.Evaluation.Data;

/// <summary>A file that items were read from.</summary>
/// <param name="Path">Path below the data folder, with forward slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash in hexadecimal.</param>
public sealed record DataFile(string Path, long Bytes, string Sha256);

/// <summary>The items of a task and the files they came from.</summary>
public sealed record TaskData
{
    private const int MaxFiles = 10_000;
    private const string Together = "all"; // upstream's name of a configuration that has all others
    private static readonly string[] Extensions = [".jsonl", ".json", ".csv", ".tsv", ".jsonl.gz", ".json.gz", ".csv.gz", ".tsv.gz"];

    private TaskData(string origin, IReadOnlyList<EvaluationItem> items, IReadOnlyList<EvaluationItem> shots, IReadOnlyList<DataFile> files) =>
        (Origin, Items, ShotPool, Files) = (origin, items, shots, files);

    /// <summary>Name of the built-in items.</summary>
    public const string Smoke = "smoke";

    /// <summary><see cref="Smoke"/>, or "files".</summary>
    public string Origin { get; }

    /// <summary>What is asked, in file order.</summary>
    public IReadOnlyList<EvaluationItem> Items { get; }

    /// <summary>What worked examples are taken from.</summary>
    public IReadOnlyList<EvaluationItem> ShotPool { get; }

    /// <summary>The files, with their hashes.</summary>
    public IReadOnlyList<DataFile> Files { get; }

    /// <summary>The few invented items that come with a task: enough to see that everything runs, too few for a score.</summary>
    public static TaskData LoadSmoke(EvaluationTask task)
    {
        List<DataFile> files = [];
        IReadOnlyList<EvaluationItem> items = Split(task.Data.Test), shots = task.Data.Shots is { } name ? Split(name) : [];
        return new TaskData(Smoke, Checked(items, task, "the built-in items"), shots, files);

        List<EvaluationItem> Split(string split)
        {
            string resource = $"{task.Data.Name}.{split}.jsonl";
            using Stream stream = typeof(TaskData).Assembly.GetManifestResourceStream(resource)
                ?? throw new EvaluationException($"{task.Name} has no built-in items ({resource}). Give its data with --data.");
            using StreamReader reader = new(stream, Encoding.UTF8);
            string text = reader.ReadToEnd();
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            files.Add(new DataFile(resource, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))));
            List<EvaluationItem> read = [];
            int index = 0;
            foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (task.Read((JsonObject)JsonNode.Parse(line)!, new RowPlace(task.Data.Name, index, index)) is { } item) read.Add(item);
                index++;
            }

            return read;
        }
    }

    /// <summary>Reads a benchmark from a folder in one of its upstream layouts, or from one file of questions.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder or file.</exception>
    /// <exception cref="EvaluationException">Nothing in the folder is laid out as the task needs it, or a file is malformed.</exception>
    public static TaskData Load(EvaluationTask task, string path)
    {
        bool isFile = File.Exists(path);
        if (!isFile && !Directory.Exists(path)) throw new DirectoryNotFoundException($"{path}: there is no such folder or file of data.");

        string root = isFile ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        string[] tests = isFile ? [path] : Find(root, task.Data, task.Data.Test);
        if (tests.Length == 0) throw new EvaluationException(NotFound(task, root, task.Data.Test));

        string[] shots = task.Data.Shots is { } name ? Find(root, task.Data, name) : [];
        List<EvaluationItem> items = Read(task, tests);
        return new TaskData("files", Checked(items, task, path), Read(task, shots), [.. tests.Concat(shots).Concat(tests.Select(file => AnswersOf(task, file)).OfType<string>()).Distinct().Select(file => Hashed(file, root))]);
    }

    /// <summary>As much of the items as asked for: of every group its share, chosen by the seed alone, in the order of the files.</summary>
    public static IReadOnlyList<EvaluationItem> Sample(IReadOnlyList<EvaluationItem> items, int limit, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (limit >= items.Count) return items;

        // Every group gets the whole part of its share; the largest remainders get what is left.
        var groups = items.GroupBy(item => item.Group).Select(g => (Items: g.ToArray(), Share: (double)g.Count() * limit / items.Count)).ToArray();
        int[] quota = [.. groups.Select(g => (int)g.Share)];
        int left = limit - quota.Sum();
        foreach (int g in Enumerable.Range(0, groups.Length).OrderByDescending(g => groups[g].Share - quota[g]).ThenBy(g => g).Take(left)) quota[g]++;

        HashSet<string> chosen = [];
        for (int g = 0; g < groups.Length; g++)
            chosen.UnionWith(groups[g].Items.OrderBy(item => Rank(item.Id, seed), StringComparer.Ordinal).Take(quota[g]).Select(item => item.Id));
        return [.. items.Where(item => chosen.Contains(item.Id))];
    }

    private static string Rank(string id, int seed) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{id}")));

    /// <summary>Files of a split: <c>{split}.jsonl</c>, <c>{split}-00000-of-00002.…</c>, <c>{split}/….csv</c>, in the configuration's folder, in <c>data</c>, or, where it takes all configurations together, anywhere one folder below.</summary>
    private static string[] Find(string root, DataLayout layout, string split)
    {
        IEnumerable<string> folders = [.. layout.Config is { } config ? [Path.Combine(root, config), Path.Combine(root, "data", config)] : Array.Empty<string>(), root, Path.Combine(root, "data")];
        foreach (string folder in folders.Where(Directory.Exists))
        {
            string[] found = In(folder, split);
            if (found.Length > 0) return found;
        }

        if (layout.Config is not (null or Together)) return []; // folders below are other configurations'
        return [.. Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal).SelectMany(folder => In(folder, split))];
    }

    private static string[] In(string folder, string split)
    {
        IEnumerable<string> named = Directory.EnumerateFiles(folder).Where(file => Path.GetFileName(file) is var name
            && name.StartsWith(split, StringComparison.OrdinalIgnoreCase) && (name.Length == split.Length || !char.IsLetterOrDigit(name[split.Length])));
        string inner = Path.Combine(folder, split);
        IEnumerable<string> below = Directory.Exists(inner) ? Directory.EnumerateFiles(inner) : [];
        string[] found = [.. named.Concat(below).Where(IsData).Order(StringComparer.Ordinal).Take(MaxFiles + 1)];
        return found.Length <= MaxFiles ? found : throw new EvaluationException($"{folder}: more than {MaxFiles} files for the split '{split}'.");
    }

    private static bool IsData(string file) => Extensions.Any(extension => file.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    private static List<EvaluationItem> Read(EvaluationTask task, string[] files)
    {
        List<EvaluationItem> items = [];
        int index = 0;
        foreach (string file in files)
        {
            string stem = Path.GetFileName(file);
            stem = stem[..stem.IndexOf('.', StringComparison.Ordinal)];
            int inFile = 0;
            Dictionary<string, JsonObject> answers = ReadAnswers(task, file);
            foreach (JsonObject row in RowFile.Read(file, task.Data.Columns))
            {
                try
                {
                    AddAnswer(row, answers);
                    if (task.Read(row, new RowPlace(stem, index, inFile)) is { } item) items.Add(item);
                }
                catch (EvaluationException error)
                {
                    throw new EvaluationException($"{file}, row {inFile + 1}: {error.Message} {task.Name} reads the layout of {task.Data.Source}", error);
                }

                index++;
                inFile++;
            }
        }

        return items;
    }

    private static string? AnswersOf(EvaluationTask task, string file)
    {
        if (task.Data.Answers is not { } folder) return null;

        string path = Path.Combine(Path.GetDirectoryName(file)!, folder, Path.GetFileName(file));
        return File.Exists(path) ? path : null; // some questions have no single answer
    }

    private static Dictionary<string, JsonObject> ReadAnswers(EvaluationTask task, string file)
    {
        Dictionary<string, JsonObject> answers = new(StringComparer.Ordinal);
        if (AnswersOf(task, file) is not { } path) return answers;

        foreach (JsonObject row in RowFile.Read(path))
        {
            string id = row["id"]?.ToString() ?? throw new EvaluationException($"{path}: a row has no id, so nothing tells which question it answers.");
            if (!answers.TryAdd(id, row)) throw new EvaluationException($"{path}: two rows answer {id}.");
        }

        return answers;
    }

    private static void AddAnswer(JsonObject row, Dictionary<string, JsonObject> answers)
    {
        if (row["id"]?.ToString() is not { } id || !answers.TryGetValue(id, out JsonObject? answer)) return;
        foreach ((string name, JsonNode? value) in answer) row.TryAdd(name, value?.DeepClone());
    }

    private static List<EvaluationItem> Checked(IReadOnlyList<EvaluationItem> items, EvaluationTask task, string origin)
    {
        if (items.Count == 0) throw new EvaluationException($"{origin}: no item for {task.Name}.");
        string? twice = items.GroupBy(item => item.Id).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is null ? [.. items] : throw new EvaluationException($"{origin}: two items are called {twice}. An item's name must tell it from all others; is a file there twice?");
    }

    private static string NotFound(EvaluationTask task, string root, string split) =>
        $"{root}: no file of the split '{split}' for {task.Name}. Looked for {split}.jsonl, {split}-*.jsonl, {split}/* (also .json, .csv, .tsv, .gz)" +
        $"{(task.Data.Config is { } config ? $" in {config}/, here and in data/" : " here and in data/")}. The data come from {task.Data.Source}";

    private static DataFile Hashed(string file, string root)
    {
        using FileStream stream = File.OpenRead(file);
        return new DataFile(Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/'), stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
