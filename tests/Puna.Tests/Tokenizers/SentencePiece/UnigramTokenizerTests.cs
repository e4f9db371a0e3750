using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Tokenizers;
using Puna.Tokenizers.SentencePiece;

namespace Puna.Tests.Tokenizers.SentencePiece;

public sealed class UnigramTokenizerTests
{
    private const string Small =
        """
        {"added_tokens":[{"id":0,"content":"[PAD]","special":true},{"id":1,"content":"[CLS]","special":true},{"id":2,"content":"[SEP]","special":true}],
         "normalizer":NORMALIZER,"pre_tokenizer":SPLITTER,
         "model":{"type":"Unigram","unk_id":3,"vocab":[["[PAD]",0],["[CLS]",0],["[SEP]",0],["[UNK]",0],
           ["\u2581",-2],["\u2581ig",-3],["nore",-3],["\u2581ignore",-4],["i",-5],["g",-5],["[",-5],["]",-5],["C",-5],["L",-5],["S",-5],["ab",-3],["a",-4],["b",-4],["\u2581ab",-3.5]]}}
        """;

    private const string Metaspace = """{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true}""";

    [Fact]
    public void Ten_thousand_strings_give_the_ids_of_SentencePiece()
    {
        using JsonDocument golden = JsonDocument.Parse(new GZipStream(File.OpenRead(TokenizerFiles.Golden("unigram_golden.json.gz")), CompressionMode.Decompress));
        UnigramTokenizer tokenizer = UnigramFile.Parse(Encoding.UTF8.GetBytes(golden.RootElement.GetProperty("tokenizer").GetRawText()), "golden");
        List<string> wrong = [];
        int cases = 0;
        foreach (JsonElement row in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = row[0].GetString()!;
            int[] expected = [.. row[1].EnumerateArray().Select(id => id.GetInt32())], actual = [.. tokenizer.Encode(text).Select(t => t.Id)];
            cases++;
            if (!expected.SequenceEqual(actual)) wrong.Add($"'{text}': {string.Join(' ', expected)} but {string.Join(' ', actual)}");
        }

        Assert.Equal(10_000, cases);
        Assert.True(wrong.Count == 0, $"{wrong.Count} differ, such as\n{string.Join('\n', wrong.Take(20))}");
    }

    [Fact]
    public void Tokens_point_at_their_characters()
    {
        const string Text = "  ignore  ab";
        UnigramTokenizer tokenizer = Load("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}""", Metaspace);

        Assert.Equal(["  ignore", "  ab"], tokenizer.Encode(Text).Select(t => Text[t.Start..t.End]));
    }

    [Fact]
    public void Text_never_becomes_a_special_token()
    {
        UnigramTokenizer tokenizer = Load("null", Metaspace);

        int[] ids = [.. tokenizer.Encode("[CLS] [SEP]ab[PAD] [UNK]").Select(t => t.Id)];
        Assert.DoesNotContain(tokenizer.Roles.Cls, ids);
        Assert.DoesNotContain(tokenizer.Roles.Sep, ids);
        Assert.DoesNotContain(0, ids);
    }

    [Fact]
    public void Unknown_neighbours_are_one_token()
    {
        UnigramTokenizer tokenizer = Load("null", "null");

        Assert.Equal([(3, 0, 3), (15, 3, 5), (3, 5, 6)], tokenizer.Encode("xyzabq").Select(t => (t.Id, t.Start, t.End)));
    }

    [Theory]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"\\s"},"content":""}""", " a b\ta b", new[] { 15, 15 })] // as Prompt Guard 2 drops white space
    [InlineData("""{"type":"Lowercase"}""", "AB", new[] { 15 })]
    [InlineData("""{"type":"NFKC"}""", "ａｂ", new[] { 15 })]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"}]}""", "äb\u0301", new[] { 15 })]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":true}""", "  ab \n", new[] { 15 })]
    [InlineData("""{"type":"Prepend","prepend":"a"}""", "b", new[] { 15 })]
    [InlineData("""{"type":"Nmt"}""", "a\u0007b", new[] { 15 })]
    public void Normalizers_of_the_file_are_applied(string normalizer, string text, int[] expected) =>
        Assert.Equal(expected, Load(normalizer, "null").Encode(text).Select(t => t.Id));

    [Theory]
    [InlineData("""{"type":"Split","pattern":{"String":"b"},"behavior":"Removed","invert":false}""", "aba", new[] { 16, 16 })]
    [InlineData("""{"type":"Split","pattern":{"String":"b"},"behavior":"Isolated","invert":false}""", "aba", new[] { 16, 17, 16 })]
    [InlineData("""{"type":"Split","pattern":{"String":"b"},"behavior":"MergedWithPrevious","invert":false}""", "aba", new[] { 15, 16 })]
    [InlineData("""{"type":"Split","pattern":{"String":"a"},"behavior":"MergedWithNext","invert":false}""", "abab", new[] { 15, 15 })]
    [InlineData("""{"type":"Punctuation"}""", "a[b", new[] { 16, 10, 17 })]
    [InlineData("""{"type":"WhitespaceSplit"}""", "a b", new[] { 16, 17 })]
    [InlineData("""{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"never"}""", "ab ab", new[] { 15, 18 })]
    public void Splitters_of_the_file_are_applied(string splitter, string text, int[] expected) =>
        Assert.Equal(expected, Load("null", splitter).Encode(text).Select(t => t.Id));

    [Theory]
    [InlineData("""{"type":"BertNormalizer"}""", "null", "BertNormalizer")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"(?<=a)b"},"content":""}""", "null", "cannot be run")]
    [InlineData("""{"type":"Precompiled","precompiled_charsmap":"AAAA"}""", "null", "character map")]
    [InlineData("null", """{"type":"ByteLevel"}""", "ByteLevel")]
    [InlineData("null", """{"type":"Split","pattern":{"String":"b"},"behavior":"Sideways"}""", "Sideways")]
    public void What_cannot_be_followed_is_refused_by_name(string normalizer, string splitter, string expected) =>
        Assert.Contains(expected, Assert.Throws<TokenizerFormatException>(() => Load(normalizer, splitter)).Message, StringComparison.Ordinal);

    [Fact]
    public void Damaged_vocabularies_are_refused()
    {
        foreach ((string path, string value) in ((string, string)[])[("type", "\"BPE\""), ("unk_id", "99"), ("vocab", "[]"), ("vocab", "[[1,2]]"), ("vocab", "[[\"a\",null]]"), ("byte_fallback", "true")])
        {
            JsonNode root = JsonNode.Parse(Json("null", "null"))!;
            root["model"]![path] = JsonNode.Parse(value);
            Assert.Throws<TokenizerFormatException>(() => UnigramFile.Parse(Encoding.UTF8.GetBytes(root.ToJsonString()), "test"));
        }

        Assert.Throws<TokenizerFormatException>(() => UnigramFile.Parse("{"u8.ToArray(), "test"));
    }

    internal static UnigramTokenizer Load(string normalizer, string splitter) => UnigramFile.Parse(Encoding.UTF8.GetBytes(Json(normalizer, splitter)), "test");

    private static string Json(string normalizer, string splitter) =>
        Small.Replace("NORMALIZER", normalizer, StringComparison.Ordinal).Replace("SPLITTER", splitter, StringComparison.Ordinal);
}
