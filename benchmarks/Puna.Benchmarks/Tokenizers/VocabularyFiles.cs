namespace Puna.Benchmarks.Tokenizers;

/// <summary>Finds the vocabulary files the benchmarks need.</summary>
internal static class VocabularyFiles
{
    /// <exception cref="FileNotFoundException">The file is neither named by LLAMA4_TOKENIZER nor beside the repository.</exception>
    public static string Llama4()
    {
        if (Environment.GetEnvironmentVariable("LLAMA4_TOKENIZER") is { Length: > 0 } named) return named;

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "models", "llama4-tokenizer.model");
            if (File.Exists(path)) return path;
        }

        throw new FileNotFoundException("Set LLAMA4_TOKENIZER to the path of Llama 4's tokenizer.model.");
    }
}
