using Puna.Formats.Gguf;
using Puna.Tokenizers;

namespace Puna.Loading;

/// <summary>GGUF metadata to a tokenizer.</summary>
internal static class GgufTokenizerReader
{
    /// <summary>Builds the tokenizer of a file.</summary>
    /// <exception cref="TokenizerFormatException">The vocabulary is malformed.</exception>
    internal static Tokenizer Load(GgufMetadata metadata, string path) => GgufTokenizerLoader.Load(Read(metadata), path);

    /// <summary>The vocabulary of a file.</summary>
    private static GgufVocabulary Read(GgufMetadata metadata) => new()
    {
        Model = metadata.GetString("tokenizer.ggml.model"),
        Pre = metadata.TryGetString("tokenizer.ggml.pre", out string? pre) ? pre : null,
        Architecture = metadata.GetString("general.architecture"),
        Tokens = Copy(metadata.GetStringArray("tokenizer.ggml.tokens")),
        TokenTypes = metadata.TryGetInt32Array("tokenizer.ggml.token_type", out int[]? types) ? types : [],
        Scores = metadata.TryGetFloat32Array("tokenizer.ggml.scores", out float[]? scores) ? scores : [],
        Merges = metadata.TryGetStringArray("tokenizer.ggml.merges", out GgufStringArray? merges) ? Copy(merges) : [],
        BosId = Id(metadata, "bos"),
        EosId = Id(metadata, "eos"),
        EotId = Id(metadata, "eot"),
        EomId = Id(metadata, "eom"),
        PadId = Id(metadata, "padding"),
        UnknownId = Id(metadata, "unknown"),
        AddBos = metadata.TryGetBool("tokenizer.ggml.add_bos_token", out bool addBos) ? addBos : null,
        AddSpacePrefix = metadata.TryGetBool("tokenizer.ggml.add_space_prefix", out bool addSpace) ? addSpace : null,
    };

    private static int? Id(GgufMetadata metadata, string role) =>
        metadata.TryGetInt32($"tokenizer.ggml.{role}_token_id", out int id) ? id : null;

    /// <summary>Copies all strings into one buffer, so that nothing points into the mapping.</summary>
    private static ReadOnlyMemory<byte>[] Copy(GgufStringArray strings)
    {
        long total = 0;
        for (int i = 0; i < strings.Count; i++) total += strings[i].Length;

        byte[] bytes = new byte[total];
        ReadOnlyMemory<byte>[] result = new ReadOnlyMemory<byte>[strings.Count];
        int offset = 0;
        for (int i = 0; i < strings.Count; i++)
        {
            ReadOnlySpan<byte> text = strings[i];
            text.CopyTo(bytes.AsSpan(offset));
            result[i] = bytes.AsMemory(offset, text.Length);
            offset += text.Length;
        }

        return result;
    }
}
