using System.Text;
using System.Text.Json;
using Puna.Tokenizers;

namespace Puna.Tests.Tokenizers.SentencePiece;

public class SentencePieceTokenizerTests
{
    private static readonly Tokenizer Tokenizer = GgufTokenizerLoader.Load(StoriesVocabulary.Gguf(), "stories.gguf");

    [Fact]
    public void Texts_have_the_ids_another_engine_gives()
    {
        foreach (JsonElement entry in StoriesVocabulary.Root.GetProperty("cases").EnumerateArray())
        {
            string text = entry[0].GetString()!;
            if (text.Length == 0) continue; // the other engine leaves an empty text without the prefix space, as we do; see below

            Assert.True(StoriesVocabulary.Ints(entry[1]).SequenceEqual(Tokenizer.Encode(text, addBos: true)), entry.ToString());
        }

        Assert.Equal([1], Tokenizer.Encode("", addBos: true));
    }

    [Fact]
    public void Trusted_texts_have_the_ids_another_engine_gives()
    {
        foreach (JsonElement entry in StoriesVocabulary.Root.GetProperty("special").EnumerateArray())
        {
            int[] withBos = StoriesVocabulary.Ints(entry[1]);

            Assert.Equal(withBos[1..], Tokenizer.Encode(entry[0].GetString(), addBos: false, parseSpecial: true));
        }
    }

    [Fact]
    public void Ids_decode_to_the_text_another_engine_gives()
    {
        foreach (JsonElement entry in StoriesVocabulary.Root.GetProperty("detok").EnumerateArray())
        {
            int[] ids = StoriesVocabulary.Ints(entry[0]);
            if (Tokenizer.IsSpecial(ids[0])) continue; // that engine then keeps the space of the first word

            Assert.True(entry[1].GetString() == Tokenizer.Decode(ids), entry.ToString());
        }
    }

    [Fact]
    public void Any_bytes_survive_encoding_and_decoding()
    {
        Random random = new(7);
        for (int n = 0; n < 2_000; n++)
        {
            byte[] bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            if (n % 2 == 0)
            {
                for (int i = 0; i < bytes.Length; i++) bytes[i] = random.Next(5) > 0 ? "the big red"u8[bytes[i] % 11] : bytes[i];
            }

            if (bytes.AsSpan().IndexOf("\u2581"u8) >= 0) continue; // a space by another name

            Assert.Equal(bytes, Tokenizer.DecodeBytes(Tokenizer.EncodeUtf8(bytes, addBos: true)));
        }
    }

    [Fact]
    public void User_text_never_becomes_a_special_or_byte_token_by_name()
    {
        int[] ids = Tokenizer.Encode("</s> <0x41> <s>", addBos: false);

        Assert.DoesNotContain(ids, Tokenizer.IsSpecial);
        Assert.Equal("</s> <0x41> <s>", Tokenizer.Decode(ids));
    }

    [Fact]
    public void Leading_space_is_dropped_at_the_start_of_a_text_only()
    {
        int[] ids = Tokenizer.Encode("the big", addBos: true);

        Assert.Equal("the big", Tokenizer.Decode(ids));
        Assert.Equal(" the big", Tokenizer.Decode(ids, continuation: true));
        Assert.Equal("<s>the big", Tokenizer.Decode(ids, includeSpecial: true));
        Assert.Equal(" the big", Stream(new StreamingDecoder(Tokenizer, continuation: true), ids));
        Assert.Equal("the big", Stream(new StreamingDecoder(Tokenizer), ids));
    }

    [Fact]
    public void Streamed_pieces_together_equal_the_whole()
    {
        Random random = new(8);
        for (int n = 0; n < 3_000; n++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(16)).Select(_ => random.Next(Tokenizer.VocabSize))];
            bool continuation = n % 2 == 0;

            Assert.Equal(Tokenizer.Decode(ids, includeSpecial: false, continuation), Stream(new StreamingDecoder(Tokenizer, includeSpecial: false, continuation), ids));
        }
    }

    [Fact]
    public void Tokens_are_found_by_spelling()
    {
        Assert.True(Tokenizer.TryGetId("\u2581the", out int marked));
        Assert.True(Tokenizer.TryGetId(" the", out int spaced));
        Assert.Equal(marked, spaced);
        Assert.True(Tokenizer.TryGetId("<0x0A>", out int newLine));
        Assert.Equal("\n"u8.ToArray(), Tokenizer.GetTokenBytes(newLine).ToArray());
        Assert.Equal(TokenKind.Byte, Tokenizer.GetKind(newLine));
        Assert.Equal([2], Tokenizer.EndOfGenerationIds);
        Assert.False(Tokenizer.TryGetId("no such token", out _));
    }

    [Fact]
    public void Token_with_an_inner_space_is_reached_across_words()
    {
        GgufVocabulary vocabulary = Toy("\u2581", "a", "b", "a\u2581", "a\u2581b");

        Assert.Equal([Id(vocabulary, "\u2581"), Id(vocabulary, "a\u2581b")], GgufTokenizerLoader.Load(vocabulary, "toy").Encode("a b", addBos: false));
    }

    [Fact]
    public void Character_without_token_or_bytes_is_unknown() =>
        Assert.Equal([0, 2, 0], GgufTokenizerLoader.Load(Toy("\u2581", "a") with { AddSpacePrefix = false }, "toy").Encode("éa世", addBos: false));

    [Fact]
    public void Equal_scores_merge_leftmost_first()
    {
        GgufVocabulary vocabulary = Toy("a", "b", "c", "ab", "bc") with { AddSpacePrefix = false };
        vocabulary = vocabulary with { Scores = new float[vocabulary.Tokens.Count] };

        Assert.Equal([Id(vocabulary, "ab"), Id(vocabulary, "c")], GgufTokenizerLoader.Load(vocabulary, "toy").Encode("abc", addBos: false));
    }

    private static GgufVocabulary Toy(params string[] pieces) => new()
    {
        Model = "llama",
        Tokens = TestVocabulary.Utf8(["<unk>", .. pieces]),
        TokenTypes = new[] { 2 }.Concat(Enumerable.Repeat(1, pieces.Length)).ToArray(),
        Scores = Enumerable.Range(0, pieces.Length + 1).Select(i => (float)i).ToArray(), // later and longer pieces merge first
        UnknownId = 0,
    };

    private static int Id(GgufVocabulary vocabulary, string spelling) =>
        Enumerable.Range(0, vocabulary.Tokens.Count).First(id => Encoding.UTF8.GetString(vocabulary.Tokens[id].Span) == spelling);

    private static string Stream(StreamingDecoder decoder, int[] ids)
    {
        StringBuilder text = new();
        foreach (int id in ids) text.Append(decoder.Append(id));
        return text.Append(decoder.Flush()).ToString();
    }
}
