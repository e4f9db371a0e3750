using Puna.Tests.Models;
using Puna.Tokenizers;

namespace Puna.Tests.Tokenizers;

public sealed class GgufVocabularyExporterTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>
{
    private static readonly string[] Texts =
        ["", " ", "hello you", "The quick brown fox\n\n  jumps 12345 times", "naïve café 世界 \U0001F600", "<|eot_id|> </s> <s>", "\ta\r\n▁b"];

    [Theory, InlineData(false), InlineData(true)]
    public void A_byte_level_vocabulary_comes_back(bool llama4) => AssertComesBack(PunaModel.LoadTokenizer(llama4 ? models.Llama4 : models.Llama));

    [Fact]
    public void A_sentencepiece_vocabulary_comes_back()
    {
        List<(string Text, TokenKind Kind, float Score)> tokens = [("<unk>", TokenKind.Unknown, 0), ("<s>", TokenKind.Control, 0), ("</s>", TokenKind.Control, 0)];
        for (int b = 0; b < 256; b++) tokens.Add(($"<0x{b:X2}>", TokenKind.Byte, 0));
        float score = 0;
        foreach (string piece in (string[])["\u2581t", "he", "\u2581the", "in", "er", "\u2581\u2581", "ll", "hell", "hello", "\u2581hello"]) tokens.Add((piece, TokenKind.Normal, score--));
        foreach (char c in "\u2581abcdefghijklmnopqrstuvwxyz") tokens.Add((c.ToString(), TokenKind.Normal, score--));

        AssertComesBack(GgufTokenizerLoader.Load(new GgufVocabulary
        {
            Model = "llama",
            Tokens = [.. tokens.Select(t => new ReadOnlyMemory<byte>(System.Text.Encoding.UTF8.GetBytes(t.Text)))],
            TokenTypes = tokens.Select(t => (int)t.Kind).ToArray(),
            Scores = tokens.Select(t => t.Score).ToArray(),
            BosId = 1,
            EosId = 2,
            UnknownId = 0,
        }, "test"));
    }

    [Fact]
    public void Metas_llama3_vocabulary_comes_back_with_all_its_merges() => AssertComesBack(TokenizerFiles.Llama3());

    private static void AssertComesBack(Tokenizer before)
    {
        GgufVocabulary vocabulary = GgufVocabularyExporter.Export(before);
        Tokenizer after = GgufTokenizerLoader.Load(vocabulary, "exported");

        Assert.Equal(before.VocabSize, after.VocabSize);
        Assert.Equal((before.BosId, before.EosId, before.AddsBos), (after.BosId, after.EosId, after.AddsBos));
        for (int id = 0; id < before.VocabSize; id++)
        {
            Assert.Equal(before.GetKind(id), after.GetKind(id));
            Assert.True(before.GetTokenBytes(id).SequenceEqual(after.GetTokenBytes(id)), $"token {id}");
        }

        foreach (string text in Texts) Assert.Equal(before.Encode(text, addBos: true, parseSpecial: true), after.Encode(text, addBos: true, parseSpecial: true));
    }
}
