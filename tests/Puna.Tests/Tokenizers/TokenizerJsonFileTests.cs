using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Tests.Tokenizers.SentencePiece;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers;

public class TokenizerJsonFileTests
{
    private const string Sample = "The there hellothere and and123's userés 世界 <|eot|>\n\n    aaaaaaa";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Byte_level_file_encodes_like_the_same_vocabulary_in_gguf(bool mergesAsPairs)
    {
        GgufVocabulary gguf = TestVocabulary.Gguf() with { Merges = TestVocabulary.Utf8(Merges()) };
        Tokenizer expected = GgufTokenizerLoader.Load(gguf with { Pre = "llama4" }, "test.gguf");
        JsonObject json = ByteLevel();
        if (mergesAsPairs) json["model"]!["merges"] = new JsonArray([.. Merges().Select(m => (JsonNode)new JsonArray([.. m.Split(' ').Select(p => (JsonNode)p)]))]);

        Tokenizer actual = Parse(json);

        Assert.Equal(SplitPattern.Llama4, ((BytePairTokenizer)actual).Pattern);
        Assert.Equal(expected.Encode(Sample, addBos: true), actual.Encode(Sample, addBos: true));
        Assert.Equal(expected.Encode(Sample, addBos: false, parseSpecial: true), actual.Encode(Sample, addBos: false, parseSpecial: true));
        Assert.Equal(expected.EndOfGenerationIds, actual.EndOfGenerationIds);
        Assert.True(actual.AddsBos);
    }

    [Fact]
    public void Added_token_that_is_not_special_is_one_token_in_any_text()
    {
        JsonObject json = ByteLevel();
        json["added_tokens"]!.AsArray().Add(Added(500, "<tool>", special: false));

        Tokenizer tokenizer = Parse(json);

        Assert.Equal([500, 'a'], tokenizer.Encode("<tool>a", addBos: false));
        Assert.Equal("<tool>a", tokenizer.Decode([500, 'a']));
        Assert.Equal(TokenKind.Unused, tokenizer.GetKind(499)); // ids nobody named
        Assert.Equal("", tokenizer.Decode([499]));
    }

    [Fact]
    public void SentencePiece_file_encodes_like_the_same_vocabulary_in_gguf()
    {
        Tokenizer actual = Parse(SentencePiece());

        foreach (JsonElement entry in StoriesVocabulary.Root.GetProperty("cases").EnumerateArray())
        {
            Assert.True(StoriesVocabulary.Ints(entry[1]).SequenceEqual(actual.Encode(entry[0].GetString(), addBos: true)), entry.ToString());
        }

        Assert.Equal(0, actual.UnknownId);
        Assert.Equal([2], actual.EndOfGenerationIds);
    }

    [Theory]
    [InlineData("always", "\u2581a", "\u2581b")]
    [InlineData("first", "\u2581a", "b")]
    [InlineData("never", "a", "b")]
    public void Space_prefix_follows_the_metaspace_scheme(string scheme, string first, string afterSpecial)
    {
        JsonObject json = SentencePiece();
        json["normalizer"] = null;
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["prepend_scheme"] = scheme };
        Tokenizer tokenizer = Parse(json);

        Assert.True(tokenizer.TryGetId(first, out int firstId) & tokenizer.TryGetId(afterSpecial, out int secondId));
        Assert.Equal([firstId, 2, secondId], tokenizer.Encode("a</s>b", addBos: false, parseSpecial: true));
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "model.type=WordPiece", "model.type: 'WordPiece' is unknown" },
        { "model.vocab=[]", "model.vocab: 'vocab' is missing or is not of JSON type Object" },
        { "model.vocab={}", "merges[0]: 't' and 'h' join" },
        { "model.vocab={\"a\":-1}", "model.vocab: the id of 'a' is not a number from 0" },
        { "model.vocab={\"a\":2000000000}", "model.vocab: the id of 'a' is not a number from 0" },
        { "model.vocab={\"a\":1,\"b\":1}", "model.vocab: id 1 is given to both 'a' and 'b'" },
        { "model.vocab={\"世\":1}", "model.vocab: token 1 '世' has a character outside" },
        { "model.merges=7", "model.merges: 'merges' is missing or is not of JSON type Array" },
        { "model.merges=[\"th\"]", "merges[0]: 'th' is not two tokens" },
        { "model.merges=[[\"t\"]]", "model.merges[0]: the merge is neither" },
        { "model.merges=[\"t q\"]", "merges[0]: 't' and 'q' join" },
        { "model.ignore_merges=1", "ignore_merges: JSON type Number where true or false is due" },
        { "model.end_of_word_suffix=\"</w>\"", "model: subword prefixes and word suffixes are not supported" },
        { "normalizer={\"type\":\"NFC\"}", "normalizer: a byte-level vocabulary with a normalizer" },
        { "pre_tokenizer=null", "pre_tokenizer: no ByteLevel step" },
        { "pre_tokenizer={\"type\":\"Whitespace\"}", "pre_tokenizer: step 'Whitespace' is not supported" },
        { "pre_tokenizer={\"type\":\"ByteLevel\"}", "pre_tokenizer.add_prefix_space: a prefix space is not supported" },
        { "pre_tokenizer={\"type\":\"Split\",\"pattern\":{\"Regex\":\"x+\"},\"behavior\":\"Isolated\"}", "pre_tokenizer.pattern: the pattern is not" },
        { "added_tokens=[{\"id\":3}]", "added_tokens: 'content' is missing" },
        { "added_tokens=[]", "added_tokens: '<|begin_of_text|>' has a role but is not among the special tokens" },
    };

    [Theory, MemberData(nameof(Broken))]
    public void What_cannot_be_followed_is_refused_by_field(string change, string expected)
    {
        JsonObject json = ByteLevel();
        string[] path = change[..change.IndexOf('=', StringComparison.Ordinal)].Split('.');
        string text = change[(change.IndexOf('=', StringComparison.Ordinal) + 1)..];
        JsonNode? value = path[^1] == "type" ? text : JsonNode.Parse(text);
        JsonObject parent = path.Length == 1 ? json : json[path[0]]!.AsObject();
        parent[path[^1]] = value;

        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Parse(json));

        Assert.StartsWith("tokenizer.json: " + expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_json_is_refused_by_line()
    {
        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => TokenizerJsonFile.Parse("{\n\n  oops"u8.ToArray(), "tokenizer.json"));

        Assert.StartsWith("tokenizer.json: line 3: ", error.Message, StringComparison.Ordinal);
    }

    private static Tokenizer Parse(JsonObject json) => TokenizerJsonFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "tokenizer.json");

    private static JsonObject Added(int id, string content, bool special) => new() { ["id"] = id, ["content"] = content, ["special"] = special };

    private static string[] Merges() =>
        ["t h", "h e", "i n", "e r", "Ġ t", "t he", "th e", "Ġ the", "a n", "an d", "Ġ a", "Ġ and", "r e", "o n", "o r", "Ċ Ċ", "Ġ Ġ", "ĠĠ ĠĠ", "a a", "aa aa", "Ã ©", "u s", "us er", "l l", "he ll", "hell o", "' s", "1 2", "12 3"];

    private static JsonObject ByteLevel()
    {
        GgufVocabulary gguf = TestVocabulary.Gguf();
        JsonObject vocab = [];
        JsonArray added = [];
        for (int id = 0; id < gguf.Tokens.Count; id++)
        {
            string spelling = Encoding.UTF8.GetString(gguf.Tokens[id].Span);
            if (id < TestVocabulary.FirstSpecial) vocab.Add(spelling, id);
            else added.Add(Added(id, spelling, special: true));
        }

        return new JsonObject
        {
            ["added_tokens"] = added,
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = SplitPatterns.Llama4 }, ["behavior"] = "Isolated", ["invert"] = false },
                    new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false }),
            },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = "<|begin_of_text|>" } }),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["ignore_merges"] = true,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. Merges().Select(m => (JsonNode)m)]),
            },
        };
    }

    private static JsonObject SentencePiece()
    {
        GgufVocabulary gguf = StoriesVocabulary.Gguf();
        string[] spellings = [.. gguf.Tokens.Select(t => Encoding.UTF8.GetString(t.Span))];
        JsonObject vocab = [];
        for (int id = 0; id < spellings.Length; id++) vocab.Add(spellings[id], id);

        // As converters derive merges: every split of every piece, best score first. Scores fall with the id here.
        HashSet<string> pieces = [.. spellings];
        IEnumerable<string> merges = spellings.Skip(259).SelectMany(piece => Enumerable.Range(1, piece.Length - 1)
            .Where(cut => pieces.Contains(piece[..cut]) && pieces.Contains(piece[cut..]))
            .Select(cut => $"{piece[..cut]} {piece[cut..]}"));

        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(0, "<unk>", special: true), Added(1, "<s>", special: true), Added(2, "</s>", special: true)),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Prepend", ["prepend"] = "\u2581" },
                    new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "\u2581" }),
            },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = "<s>" } }),
            },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["byte_fallback"] = true,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. merges.Select(m => (JsonNode)m)]),
            },
        };
    }
}
