using Puna.Formats;
using Puna.Formats.Gguf;
using Puna.Models;
using Puna.Tokenizers;

namespace Puna.Loading;

/// <summary>
/// An open model file with what was read from it: settings of the network, weight names, tokenizer and chat template.
/// Opening touches headers only; weights stay on disk until used.
/// </summary>
internal sealed class ModelSource : IDisposable
{
    internal required IModelFile File { get; init; }

    internal required DecoderConfig Config { get; init; }

    internal required WeightNames Names { get; init; }

    internal required Tokenizer Tokenizer { get; init; }

    /// <summary>The file's own Jinja template, or null.</summary>
    internal required string? ChatTemplate { get; init; }

    /// <summary>Name the file gives itself, or its file name.</summary>
    internal required string Name { get; init; }

    /// <summary>Licence the file states, or null.</summary>
    internal required string? License { get; init; }

    internal required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Opens a GGUF file (any part of a split) or a safetensors directory or file.</summary>
    /// <exception cref="ModelFileException">The file is malformed.</exception>
    /// <exception cref="ModelException">The model is not supported, or its settings are impossible.</exception>
    /// <exception cref="TokenizerFormatException">The vocabulary is malformed.</exception>
    internal static ModelSource Open(string path, bool correctEarlyScoutRope)
    {
        if (ModelFile.IsSafetensors(path)) return SafetensorsSource.Open(path);
        ModelFile.RequireFile(path);
        return OpenGguf(path, correctEarlyScoutRope);
    }

    /// <summary>The tokenizer of a GGUF file of any architecture, of a safetensors directory, or a tokenizer file by itself.</summary>
    internal static Tokenizer OpenTokenizer(string path)
    {
        if (ModelFile.IsSafetensors(path)) return SafetensorsSource.OpenTokenizer(path);
        ModelFile.RequireFile(path);
        if (Path.GetExtension(path) is ".json" or ".model") return SafetensorsSource.OpenTokenizerFile(path);

        using GgufFile file = GgufFile.Open(path);
        return GgufTokenizerReader.Load(file.Metadata, path);
    }

    public void Dispose() => File.Dispose();

    private static ModelSource OpenGguf(string path, bool correctEarlyScoutRope)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            GgufConfigReader reader = new(file, correctEarlyScoutRope);
            DecoderConfig config = reader.Read();
            GgufMetadata metadata = file.Metadata;
            return new ModelSource
            {
                File = file,
                Config = config,
                Names = WeightNames.Gguf,
                Tokenizer = GgufTokenizerReader.Load(metadata, path),
                ChatTemplate = metadata.TryGetString("tokenizer.chat_template", out string? template) ? template : null,
                Name = metadata.TryGetString("general.name", out string? name) ? name : Path.GetFileNameWithoutExtension(path),
                License = metadata.TryGetString("general.license", out string? license) ? license : null,
                Warnings = reader.Warnings,
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
