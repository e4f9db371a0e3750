using System.Text;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers.Bpe;

public class TiktokenFileTests
{
    private static readonly string[] Lines = [.. Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}"), "dGg= 256", "dGhl 257"];

    [Fact]
    public void Well_formed_file_is_read()
    {
        foreach (string end in new[] { "\n", "\r\n" })
        {
            BytePairTokenizer tokenizer = Parse(string.Join(end, Lines) + end);

            Assert.Equal(258 + 256, tokenizer.VocabSize);
            Assert.Equal([257, 'x'], tokenizer.Encode("thex", addBos: false));
            Assert.Equal(258, tokenizer.BosId);
        }
    }

    [Theory]
    [InlineData(100, "", "line 101: the line is empty")]
    [InlineData(3, "AB=D 3", "line 4: the token is not valid base64")]
    [InlineData(3, "A 3", "line 4: the token is not valid base64")]
    [InlineData(3, "Aw==3", "line 4: no space")]
    [InlineData(3, " 3", "line 4: no space")]
    [InlineData(3, "Aw== 4", "line 4: rank 4 where 3 is due")]
    [InlineData(3, "Aw== 2", "line 4: rank 2 where 3 is due")]
    [InlineData(3, "Aw== three", "line 4: the rank 'three' is not a number")]
    [InlineData(3, "Aw== 3 ", "line 4: the rank '3 ' is not a number")]
    [InlineData(3, "Aw== 99999999999", "line 4: the rank '99999999999' is not a number")]
    [InlineData(257, "dGg= 257", "line 258: the token of rank 257 repeats that of rank 256")]
    [InlineData(65, "eHg= 65", "tokens: no token for the single byte 0x41")]
    public void Malformed_line_is_named(int index, string line, string expected)
    {
        string[] lines = [.. Lines];
        lines[index] = line;

        TokenizerFormatException error = Assert.Throws<TokenizerFormatException>(() => Parse(string.Join('\n', lines) + "\n"));

        Assert.StartsWith("vocab.model: " + expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_file_is_refused() => Assert.Throws<TokenizerFormatException>(() => Parse(""));

    [Fact]
    public void Names_of_special_tokens_are_distinct_and_complete()
    {
        Assert.Equal(2048, LlamaSpecialTokens.Llama4.Distinct().Count());
        Assert.Equal(256, LlamaSpecialTokens.Llama3.Distinct().Count());
        Assert.Equal("<|reserved_special_token_903|>", LlamaSpecialTokens.Llama4[^1]);
        Assert.Equal("<|reserved_special_token_246|>", LlamaSpecialTokens.Llama3[^1]);
    }

    private static BytePairTokenizer Parse(string text) =>
        TiktokenFile.Parse(Encoding.ASCII.GetBytes(text), "vocab.model", SplitPattern.Llama3, LlamaSpecialTokens.Llama3, "<|eot_id|>", "<|finetune_right_pad_id|>");
}
