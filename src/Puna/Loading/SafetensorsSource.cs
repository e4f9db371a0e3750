using System.Text.Json;
using Puna.Formats.Safetensors;
using Puna.Models;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Loading;

/// <summary>A Hugging Face model directory: <c>config.json</c>, safetensors, tokenizer and chat template.</summary>
internal static class SafetensorsSource
{
    private const string LanguageModelPrefix = "language_model.";

    /// <summary>Tokens in Llama 3's tiktoken file; Llama 4's has 200,000.</summary>
    private const int Llama3Ranks = 128_000;

    /// <summary>Opens a directory, or the safetensors file or index in it.</summary>
    internal static ModelSource Open(string path)
    {
        string directory = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        SafetensorsModel file = SafetensorsModel.Open(path);
        try
        {
            (DecoderConfig config, WeightNames names) = new HuggingFaceConfigReader(HuggingFaceConfig.Open(directory), path).Read();
            if (file.TryGetTensor(LanguageModelPrefix + names.Embedding, out _)) names = names with { Prefix = LanguageModelPrefix };
            return new ModelSource
            {
                File = file,
                Config = config,
                Names = names,
                Tokenizer = OpenTokenizer(directory),
                ChatTemplate = ReadTemplate(directory),
                Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))),
                License = null,
                Warnings = [],
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer beside the weights.</summary>
    internal static Tokenizer OpenTokenizer(string path)
    {
        string directory = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (string name in (ReadOnlySpan<string>)["tokenizer.json", "tokenizer.model"])
        {
            string file = Path.Combine(directory, name);
            if (File.Exists(file)) return OpenTokenizerFile(file);
        }

        throw new ModelException(directory, "there is neither tokenizer.json nor tokenizer.model; copy one beside the weights.");
    }

    /// <summary>A <c>tokenizer.json</c>, or a tiktoken file, whose number of lines tells Llama 3's vocabulary from Llama 4's.</summary>
    internal static Tokenizer OpenTokenizerFile(string path)
    {
        if (Path.GetExtension(path) == ".json") return TokenizerJsonFile.Load(path);

        int lines = File.ReadLines(path).Count();
        return TiktokenFile.Load(path, lines > Llama3Ranks ? SplitPattern.Llama4 : SplitPattern.Llama3);
    }

    /// <summary><c>chat_template.jinja</c>, or the template in <c>tokenizer_config.json</c>; of several, the one named default.</summary>
    private static string? ReadTemplate(string directory)
    {
        string jinja = Path.Combine(directory, "chat_template.jinja");
        if (File.Exists(jinja)) return File.ReadAllText(jinja);

        string tokenizerConfig = Path.Combine(directory, "tokenizer_config.json");
        if (!File.Exists(tokenizerConfig)) return null;

        HuggingFaceConfig config = HuggingFaceConfig.Open(tokenizerConfig);
        if (config.GetElement("chat_template") is not { } template) return null;
        if (template.ValueKind != JsonValueKind.Array) return config.GetString("chat_template");

        foreach (JsonElement named in template.EnumerateArray())
        {
            if (named.ValueKind == JsonValueKind.Object
                && named.TryGetProperty("name", out JsonElement name) && name.ValueEquals("default")
                && named.TryGetProperty("template", out JsonElement text) && text.ValueKind == JsonValueKind.String)
            {
                return text.GetString();
            }
        }

        return null;
    }
}
