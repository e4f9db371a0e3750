using System.Text.Json;
using Puna.Tokenizers;

namespace Puna.Tests.Tokenizers.SentencePiece;

/// <summary>The stories260K vocabulary and what another engine made of texts with it.</summary>
internal static class StoriesVocabulary
{
    private static readonly Lazy<JsonDocument> Document = new(() => JsonDocument.Parse(File.ReadAllBytes(TokenizerFiles.Data("stories260k-tokenizer.json"))));

    public static JsonElement Root => Document.Value.RootElement;

    public static GgufVocabulary Gguf() => new()
    {
        Model = "llama",
        Tokens = TestVocabulary.Utf8([.. Root.GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!)]),
        TokenTypes = Ints(Root.GetProperty("types")),
        Scores = Root.GetProperty("scores").EnumerateArray().Select(s => s.GetSingle()).ToArray(),
        BosId = 1,
        EosId = 2,
        UnknownId = 0,
    };

    public static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(i => i.GetInt32())];
}
