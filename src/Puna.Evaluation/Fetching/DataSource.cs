namespace Puna.Evaluation.Fetching;

/// <summary>A file of a data set on the network.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Path">Where it goes, below the data set's folder.</param>
/// <param name="MaxBytes">A size that it cannot have grown to; a longer file is refused.</param>
/// <param name="Unpack">For a tar archive: what its entries' names begin with, and the folders that they go to; null for a file that stays as it is.</param>
public sealed record SourceFile(Uri Url, string Path, long MaxBytes, IReadOnlyDictionary<string, string>? Unpack = null);

/// <summary>A data set that recipes read, in a form that they read.</summary>
/// <param name="Name">Name of the benchmark, and of the folder that <c>--data</c> expects.</param>
/// <param name="Licence">Its licence.</param>
/// <param name="Publisher">Who publishes it.</param>
/// <param name="Files">Its files.</param>
public sealed record DataSource(string Name, string Licence, string Publisher, IReadOnlyList<SourceFile> Files)
{
    private const long Megabyte = 1 << 20;
    private const string GitHub = "https://raw.githubusercontent.com/";

    private static readonly string[] Languages = ["bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh"];
    private static readonly string[] Called = ["simple_python", "multiple", "parallel", "parallel_multiple", "live_simple", "live_multiple", "live_parallel", "live_parallel_multiple"];
    private static readonly string[] Uncalled = ["irrelevance", "live_irrelevance", "live_relevance"];

    /// <summary>The data sets that can be fetched.</summary>
    public static IReadOnlyList<DataSource> All { get; } =
    [
        new("bfcl", "Apache-2.0", "ShishirPatil/gorilla", [.. Calls()]),
        new("gsm8k", "MIT", "openai/grade-school-math", [.. ((string[])["train", "test"]).Select(split => File($"{GitHub}openai/grade-school-math/master/grade_school_math/data/{split}.jsonl", $"{split}.jsonl", 20))]),
        new("humaneval", "MIT", "openai/human-eval", [File($"{GitHub}openai/human-eval/master/data/HumanEval.jsonl.gz", "test.jsonl.gz", 2)]),
        new("ifeval", "Apache-2.0", "google-research/google-research", [File($"{GitHub}google-research/google-research/master/instruction_following_eval/data/input_data.jsonl", "train.jsonl", 5)]),
        new("math", "MIT", "HuggingFaceH4/MATH-500, 500 of the test items", [File("https://huggingface.co/datasets/HuggingFaceH4/MATH-500/resolve/main/test.jsonl", "test.jsonl", 5)]),
        new("mgsm", "CC BY-SA 4.0", "google-research/url-nlp", [.. Languages.Select(code => File($"{GitHub}google-research/url-nlp/main/mgsm/mgsm_{code}.tsv", $"mgsm_{code}.tsv", 2))]),
        new("mmlu", "MIT", "hendrycks/test, the authors' archive",
            [new(new Uri("https://people.eecs.berkeley.edu/~hendrycks/data.tar"), "data.tar", 400 * Megabyte, new Dictionary<string, string> { ["data/dev/"] = "dev", ["data/val/"] = "val", ["data/test/"] = "test" })]),
    ];

    /// <summary>Data sets of recipes that are not fetched, and why.</summary>
    public static IReadOnlyDictionary<string, string> ByHand { get; } = new Dictionary<string, string>
    {
        ["arc"] = "published as parquet (allenai/ai2_arc); convert it to JSON lines",
        ["gpqa"] = "gated: its authors want nobody to republish it; ask for access at Idavidrein/gpqa and take the CSV files",
        ["humaneval-cs"] = "published as parquet (nuprl/MultiPL-E, config humaneval-cs); convert it to JSON lines",
        ["jsonschemabench"] = "published as parquet (epfl-dlab/JSONSchemaBench); convert it to JSON lines",
        ["mbpp"] = "one file for all splits (google-research/google-research, mbpp/mbpp.jsonl); lines 1 to 10 are the split prompt, 11 to 510 the split test",
        ["mmlu_pro"] = "published as parquet (TIGER-Lab/MMLU-Pro); convert it to JSON lines",
    };

    /// <summary>The source of a name.</summary>
    /// <exception cref="EvaluationException">There is none; the message says why.</exception>
    public static DataSource Find(string name) => All.FirstOrDefault(source => source.Name == name)
        ?? throw new EvaluationException(ByHand.TryGetValue(name, out string? reason)
            ? $"{name} is not fetched: {reason}."
            : $"There is no data set '{name}' to fetch. There are {string.Join(", ", All.Select(source => source.Name))}.");

    private static IEnumerable<SourceFile> Calls()
    {
        const string root = $"{GitHub}ShishirPatil/gorilla/main/berkeley-function-call-leaderboard/bfcl_eval/data/";
        foreach (string category in Called.Concat(Uncalled)) yield return File($"{root}BFCL_v4_{category}.json", $"BFCL_v4_{category}.json", 20);
        foreach (string category in Called) yield return File($"{root}possible_answer/BFCL_v4_{category}.json", $"possible_answer/BFCL_v4_{category}.json", 20);
    }

    private static SourceFile File(string url, string path, int megabytes) => new(new Uri(url), path, megabytes * Megabyte);
}
