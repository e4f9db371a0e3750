using System.Text.Json;
using Puna.Formats.Gguf;
using Puna.Formats.Safetensors;
using Puna.Loading;
using Puna.Tokenizers;

namespace Puna.Conversion;

/// <summary>The tokenizer of a Hugging Face directory as GGUF metadata.</summary>
internal static class VocabularyMetadata
{
    /// <summary>Adds tokens, types, merges, scores, ids and the chat template.</summary>
    internal static void AddTo(GgufWriter writer, string directory, ModelSource source)
    {
        GgufVocabulary vocabulary = WithRoles(GgufVocabularyExporter.Export(source.Tokenizer), directory, source.Tokenizer);

        // Readers take the embedding's rows for the number of tokens.
        int missing = source.Config.VocabSize - vocabulary.Tokens.Count;
        byte[][] padding = [.. Enumerable.Range(vocabulary.Tokens.Count, Math.Max(0, missing)).Select(GgufVocabularyExporter.Unnamed)];
        byte[][] tokens = [.. vocabulary.Tokens.Select(t => t.ToArray()), .. padding];
        int[] types = [.. vocabulary.TokenTypes.Span, .. padding.Select(_ => (int)TokenKind.Unused)];

        writer.AddString("tokenizer.ggml.model", vocabulary.Model);
        if (vocabulary.Pre is not null) writer.AddString("tokenizer.ggml.pre", vocabulary.Pre);
        writer.AddStringArray("tokenizer.ggml.tokens", tokens);
        writer.AddArray<int>("tokenizer.ggml.token_type", types);
        if (!vocabulary.Scores.IsEmpty) writer.AddArray<float>("tokenizer.ggml.scores", [.. vocabulary.Scores.Span, .. padding.Select(_ => 0f)]);
        if (vocabulary.Merges.Count > 0) writer.AddStringArray("tokenizer.ggml.merges", [.. vocabulary.Merges.Select(m => m.ToArray())]);
        foreach ((string role, int? id) in (ReadOnlySpan<(string, int?)>)[("bos", vocabulary.BosId), ("eos", vocabulary.EosId), ("eot", vocabulary.EotId),
            ("eom", vocabulary.EomId), ("padding", vocabulary.PadId), ("unknown", vocabulary.UnknownId)])
        {
            if (id is int value) writer.Add($"tokenizer.ggml.{role}_token_id", (uint)value);
        }

        if (vocabulary.AddBos is bool addBos) writer.Add("tokenizer.ggml.add_bos_token", addBos);
        if (vocabulary.AddSpacePrefix is bool addSpace) writer.Add("tokenizer.ggml.add_space_prefix", addSpace);
        if (source.ChatTemplate is not null) writer.AddString("tokenizer.chat_template", source.ChatTemplate);
    }

    /// <summary>Roles that only the files beside the tokenizer tell, by token text first and by id otherwise.</summary>
    private static GgufVocabulary WithRoles(GgufVocabulary vocabulary, string directory, Tokenizer tokenizer)
    {
        HuggingFaceConfig config = HuggingFaceConfig.Open(directory);
        string tokenizerConfig = Path.Combine(directory, "tokenizer_config.json");
        HuggingFaceConfig? names = File.Exists(tokenizerConfig) ? HuggingFaceConfig.Open(tokenizerConfig) : null;
        return vocabulary with
        {
            BosId = Named("bos_token") ?? vocabulary.BosId ?? Numbered("bos_token_id"),
            EosId = Named("eos_token") ?? vocabulary.EosId ?? Numbered("eos_token_id"),
            PadId = Named("pad_token") ?? vocabulary.PadId ?? Numbered("pad_token_id"),
            AddBos = names is not null && names.TryGetBool("add_bos_token", out bool addBos) ? addBos : vocabulary.AddBos,
        };

        int? Named(string role)
        {
            if (names?.GetElement(role) is not { } value) return null;
            string? text = value.ValueKind == JsonValueKind.String ? value.GetString()
                : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String ? content.GetString()
                : null;
            if (text is null) return null;
            return tokenizer.TryGetId(text, out int id) ? id
                : throw new ConversionException($"{tokenizerConfig}: {role} is '{text}', which is no token of the vocabulary. The files are of different models.");
        }

        int? Numbered(string role) => config.TryGetInt32Array(role, out int[]? ids) && ids.Length > 0 && (uint)ids[0] < (uint)tokenizer.VocabSize ? ids[0] : null;
    }
}
