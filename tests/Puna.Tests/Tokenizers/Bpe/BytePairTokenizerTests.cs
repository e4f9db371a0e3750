using System.Text;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers.Bpe;

public class BytePairTokenizerTests
{
    private static readonly BytePairTokenizer Tokenizer = TestVocabulary.Create();

    [Fact]
    public void Lowest_rank_merges_first()
    {
        // "there": t+h is the lowest rank, then e+r, though "he" and "the" would reach further.
        Assert.Equal(["th", "er", "e"], Texts(Tokenizer.Encode("there", addBos: false)));
    }

    [Fact]
    public void Whole_piece_is_looked_up_before_merging() =>
        Assert.Equal(["hello", " and"], Texts(Tokenizer.Encode("hello and", addBos: false)));

    [Fact]
    public void Any_bytes_survive_encoding_and_decoding()
    {
        Random random = new(4);
        for (int n = 0; n < 2_000; n++)
        {
            byte[] bytes = new byte[random.Next(0, 300)];
            random.NextBytes(bytes);
            if (n % 2 == 0)
            {
                for (int i = 0; i < bytes.Length; i++) bytes[i] = random.Next(4) > 0 ? "the and\n12'é"u8[bytes[i] % 13] : bytes[i];
            }

            Assert.Equal(bytes, Tokenizer.DecodeBytes(Tokenizer.EncodeUtf8(bytes, addBos: false)));
        }
    }

    [Fact]
    public void Unpaired_surrogates_become_replacement_characters() =>
        Assert.Equal("a\uFFFDb", Tokenizer.Decode(Tokenizer.Encode("a\uD800b", addBos: false)));

    [Fact]
    public void Long_pieces_are_merged_like_short_ones()
    {
        int[] ids = Tokenizer.Encode(new string('a', 100_003), addBos: false);

        Assert.Equal(25_000, ids.Count(id => Tokenizer.GetTokenBytes(id).Length == 4));
        Assert.Equal(25_002, ids.Length); // and "aa", "a"
    }

    [Fact]
    public void Concurrent_callers_get_the_same_ids()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"there{i} another{i % 7} thereand hellothere {i * 7919}")];
        int[][] expected = [.. texts.Select(text => TestVocabulary.Create().Encode(text, addBos: true))];

        Parallel.For(0, 4_000, i => Assert.Equal(expected[i % texts.Length], Tokenizer.Encode(texts[i % texts.Length], addBos: true)));
    }

    [Fact]
    public void Llama3_text_has_the_ids_of_its_vocabulary()
    {
        BytePairTokenizer llama3 = TokenizerFiles.Llama3();

        Assert.Equal([9906, 11, 1917, 0], llama3.Encode("Hello, world!", addBos: false));
        Assert.Equal(128256, llama3.VocabSize);
        Assert.True(llama3.TryGetId("<|eot_id|>", out int eot));
        Assert.Equal(128009, eot);
        Assert.Equal([128001, 128008, 128009], llama3.EndOfGenerationIds);
    }

    private static string[] Texts(int[] ids) => [.. ids.Select(id => Encoding.UTF8.GetString(Tokenizer.GetTokenBytes(id)))];
}
