using System.Text;
using Puna.Tests.Tokenizers.SentencePiece;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers;

public class GgufTokenizerLoaderTests
{
    private const string Sample = "The there hellothere and and123's userés 世界 <|eot|>\n\n    aaaaaaa";

    [Theory]
    [InlineData("llama4", null, SplitPattern.Llama4)]
    [InlineData("gpt-4o", null, SplitPattern.Llama4)]
    [InlineData("default", "llama4", SplitPattern.Llama4)]
    [InlineData(null, "llama4", SplitPattern.Llama4)]
    [InlineData("llama-bpe", "llama", SplitPattern.Llama3)]
    public void Split_pattern_follows_the_metadata(string? pre, string? architecture, SplitPattern expected)
    {
        GgufVocabulary vocabulary = TestVocabulary.Gguf() with { Pre = pre, Architecture = architecture };

        Assert.Equal(expected, ((BytePairTokenizer)GgufTokenizerLoader.Load(vocabulary, "test.gguf")).Pattern);
    }

    [Fact]
    public void Merge_list_that_restates_the_ranks_changes_nothing()
    {
        GgufVocabulary plain = TestVocabulary.Gguf();
        Tokenizer expected = GgufTokenizerLoader.Load(plain, "test.gguf");
        Tokenizer actual = GgufTokenizerLoader.Load(plain with { Merges = TestVocabulary.Utf8(EveryMerge()) }, "test.gguf");

        Assert.Equal(expected.Encode(Sample, addBos: true), actual.Encode(Sample, addBos: true));
    }

    [Fact]
    public void Merge_list_with_an_order_of_its_own_is_followed()
    {
        // "he" before "th": the reverse of the ids.
        GgufVocabulary vocabulary = TestVocabulary.Gguf() with { Pre = "gpt-2", Merges = TestVocabulary.Utf8("h e", "t h", "t he") };
        Tokenizer tokenizer = GgufTokenizerLoader.Load(vocabulary, "test.gguf");

        Assert.Equal(["the"], Texts(tokenizer, "the"));
        Assert.Equal(["he", "r"], Texts(tokenizer, "her"));
        Assert.Equal(["h", "e"], Texts(GgufTokenizerLoader.Load(vocabulary with { Merges = TestVocabulary.Utf8("t h") }, "test.gguf"), "he")); // unlisted: no merge
    }

    [Fact]
    public void Real_vocabulary_in_gguf_form_encodes_like_its_own_file()
    {
        BytePairTokenizer file = TokenizerFiles.Llama4();
        GgufVocabulary vocabulary = ToGguf(file);
        Tokenizer gguf = GgufTokenizerLoader.Load(vocabulary, "llama4.gguf");
        string text = string.Concat(Llama4Texts());

        Assert.Equal(file.Encode(text, addBos: true), gguf.Encode(text, addBos: true));
        Assert.Equal(file.EndOfGenerationIds, gguf.EndOfGenerationIds);
        Assert.Equal(file.VocabSize, gguf.VocabSize);
    }

    public static TheoryData<string, GgufVocabulary, string> Malformed()
    {
        GgufVocabulary bpe = TestVocabulary.Gguf(), pieces = StoriesVocabulary.Gguf();
        ReadOnlyMemory<byte>[] badAlphabet = [.. bpe.Tokens];
        badAlphabet[260] = Encoding.UTF8.GetBytes("世");
        ReadOnlyMemory<byte>[] badByte = [.. pieces.Tokens];
        badByte[10] = "<0xZZ>"u8.ToArray();
        int[] badType = bpe.TokenTypes.ToArray();
        badType[5] = 9;
        float[] badScore = pieces.Scores.ToArray();
        badScore[300] = float.NaN;

        return new()
        {
            { "model", bpe with { Model = "bert" }, "tokenizer.ggml.model: 'bert' is unknown" },
            { "pre", bpe with { Pre = "qwen2" }, "tokenizer.ggml.pre: 'qwen2' is unknown" },
            { "no tokens", bpe with { Tokens = [] }, "tokenizer.ggml.tokens: the vocabulary is empty" },
            { "alphabet", bpe with { Tokens = badAlphabet, TokenTypes = default }, "tokenizer.ggml.tokens[260]: '世' has a character outside" },
            { "missing byte", bpe with { Tokens = [.. bpe.Tokens.Skip(1)], TokenTypes = bpe.TokenTypes[1..] }, "tokens: no token for the single byte 0x00" },
            { "types", bpe with { TokenTypes = new int[3] }, "tokenizer.ggml.token_type: 3 types for" },
            { "type", bpe with { TokenTypes = badType }, "tokenizer.ggml.token_type[5]: type 9 is unknown" },
            { "bos", bpe with { BosId = 5000 }, "bos_token_id: id 5000 is outside" },
            { "negative id", bpe with { EotId = -1 }, "eot_token_id: id -1 is outside" },
            { "merge form", bpe with { Merges = TestVocabulary.Utf8("t h", "the") }, "merges[1]: 'the' is not two tokens" },
            { "merge text", bpe with { Merges = TestVocabulary.Utf8("t h", "q z") }, "merges[1]: 'q' and 'z' join" },
            { "no scores", pieces with { Scores = default }, "tokenizer.ggml.scores: 0 scores for 512 tokens" },
            { "score", pieces with { Scores = badScore }, "tokenizer.ggml.scores[300]: the score is not a number" },
            { "byte token", pieces with { Tokens = badByte }, "tokens[10]: byte token '<0xZZ>'" },
        };
    }

    [Theory, MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public void Malformed_vocabulary_is_refused_by_field(string what, GgufVocabulary vocabulary, string expected)
    {
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => GgufTokenizerLoader.Load(vocabulary, "bad.gguf"));

        Assert.True(error.Message.StartsWith("bad.gguf: " + expected, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    private static IEnumerable<string> Llama4Texts() => Bpe.Llama4GoldenTests.Texts.Select(row => row.Data.Item1);

    private static string[] Texts(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addBos: false).Select(id => Encoding.UTF8.GetString(tokenizer.GetTokenBytes(id)))];

    // As exporters of rank files list them: for every token in rank order, every split into two tokens.
    private static string[] EveryMerge()
    {
        List<string> ranked = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Encode([(byte)b])), .. TestVocabulary.Words.Select(TestVocabulary.Spell)];
        return [.. ranked.SelectMany(token => Enumerable.Range(1, token.Length - 1)
            .Where(cut => ranked.Contains(token[..cut]) && ranked.Contains(token[cut..]))
            .Select(cut => $"{token[..cut]} {token[cut..]}"))];
    }

    private static GgufVocabulary ToGguf(Tokenizer tokenizer) => new()
    {
        Model = "gpt2",
        Pre = "llama4",
        Tokens = [.. Enumerable.Range(0, tokenizer.VocabSize).Select(id => new ReadOnlyMemory<byte>(
            tokenizer.IsSpecial(id) ? tokenizer.GetTokenBytes(id).ToArray() : Encoding.UTF8.GetBytes(ByteAlphabet.Encode(tokenizer.GetTokenBytes(id)))))],
        TokenTypes = Enumerable.Range(0, tokenizer.VocabSize).Select(id => (int)tokenizer.GetKind(id)).ToArray(),
        BosId = tokenizer.BosId,
        EosId = tokenizer.EosId,
    };
}
