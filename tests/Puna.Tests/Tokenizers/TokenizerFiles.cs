using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers;

/// <summary>The real vocabularies, kept beside the repository; tests that need one are skipped where it is absent.</summary>
internal static class TokenizerFiles
{
    private static readonly Lazy<BytePairTokenizer?> LazyLlama4 = new(() => Load("llama4-tokenizer.model", SplitPattern.Llama4));
    private static readonly Lazy<BytePairTokenizer?> LazyLlama3 = new(() => Load("llama3-tokenizer.model", SplitPattern.Llama3));

    public static BytePairTokenizer Llama4() => Require(LazyLlama4.Value, "llama4-tokenizer.model");

    public static BytePairTokenizer Llama3() => Require(LazyLlama3.Value, "llama3-tokenizer.model");

    /// <summary>Path of a file under <c>../shared</c>; skips the test where it is absent.</summary>
    public static string Shared(string relativePath)
    {
        string path = FindShared(relativePath);
        Assert.SkipUnless(File.Exists(path), $"../shared/{relativePath} is absent");
        return path;
    }

    /// <summary>Path of a committed data file of these tests.</summary>
    public static string Data(string name) => RepositoryFiles.Find("tests", "Puna.Tests", "Tokenizers", "Data", name);

    /// <summary>Path of a golden file.</summary>
    public static string Golden(string name) => RepositoryFiles.Find("tests", "golden", name);

    private static BytePairTokenizer Require(BytePairTokenizer? tokenizer, string name)
    {
        Assert.SkipWhen(tokenizer is null, $"../shared/models/{name} is absent");
        return tokenizer!;
    }

    private static BytePairTokenizer? Load(string name, SplitPattern pattern)
    {
        string path = FindShared("models/" + name);
        return File.Exists(path) ? (BytePairTokenizer)TiktokenFile.Load(path, pattern) : null;
    }

    private static string FindShared(string relativePath) => RepositoryFiles.Find("..", "shared", relativePath);
}
