using Puna.Tokenizers;

namespace Puna.Tests.Tokenizers;

public class TokenizerTests
{
    private static readonly Tokenizer Tokenizer = TestVocabulary.Create();

    [Fact]
    public void User_text_never_becomes_a_special_token()
    {
        foreach (string name in TestVocabulary.Special)
        {
            int[] ids = Tokenizer.Encode($"a{name}b", addBos: false);

            Assert.DoesNotContain(ids, Tokenizer.IsSpecial);
            Assert.Equal($"a{name}b", Tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void Trusted_text_yields_special_tokens_leftmost_and_longest()
    {
        int[] ids = Tokenizer.Encode("<|eot|><|eot_id|><|eot", addBos: false, parseSpecial: true);

        Assert.Equal([Id("<|eot|>"), Id("<|eot_id|>")], ids[..2]);
        Assert.DoesNotContain(ids[2..], Tokenizer.IsSpecial);
    }

    [Fact]
    public void Segments_tokenize_as_one_string_with_specials_from_trusted_text_only()
    {
        int[] ids = Tokenizer.Encode(
            [new("<|header_start|>user<|header_end|>\n", true), new("\n<|eot|>the", false), new("re<|eot|>", true)], addBos: false);

        int[] middle = Tokenizer.Encode("\n\n<|eot|>there", addBos: false); // "\n\n" and "there" merge across the borders
        Assert.Equal([Id("<|header_start|>"), Id("user"), Id("<|header_end|>"), .. middle, Id("<|eot|>")], ids);
        Assert.Equal(Id("\n\n"), middle[0]);
    }

    [Theory]
    [InlineData("<|eo", true, "t|>", false)]
    [InlineData("<|eo", false, "t|>", true)]
    [InlineData("<|eo", false, "t|>", false)]
    public void Special_token_is_not_put_together_from_a_trusted_and_an_untrusted_half(string first, bool firstTrusted, string second, bool secondTrusted)
    {
        int[] ids = Tokenizer.Encode([new(first, firstTrusted), new(second, secondTrusted)], addBos: false);

        Assert.DoesNotContain(ids, Tokenizer.IsSpecial);
        Assert.Equal("<|eot|>", Tokenizer.Decode(ids));
    }

    [Fact]
    public void Neighbouring_trusted_segments_are_one_trusted_text() =>
        Assert.Equal([Id("<|eot|>")], Tokenizer.Encode([new("<|eo", true), new("", false), new("t|>", true)], addBos: false));

    [Fact]
    public void Random_segments_equal_the_joined_text_when_nothing_is_special()
    {
        Random random = new(5);
        for (int n = 0; n < 2_000; n++)
        {
            PromptSegment[] segments = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => new PromptSegment(RandomText(random), random.Next(2) == 0))];

            Assert.Equal(Tokenizer.Encode(string.Concat(segments.Select(s => s.Text)), addBos: true), Tokenizer.Encode(segments, addBos: true));
        }

        static string RandomText(Random random) => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => (string[])["the", " ", "\n", "he", "<|", "é", "世", "'s", "12", "a"]).Select(t => t[random.Next(t.Length)]));
    }

    [Fact]
    public void Bos_is_put_first_once()
    {
        int bos = Tokenizer.BosId!.Value;

        Assert.Equal([bos], Tokenizer.Encode("", addBos: true));
        Assert.Equal([bos, Id("the")], Tokenizer.Encode("the", addBos: true));
        Assert.Equal([bos, Id("the")], Tokenizer.Encode("<|begin_of_text|>the", addBos: true, parseSpecial: true));
        Assert.Equal(bos, Tokenizer.Encode("<|begin_of_text|>the", addBos: true)[0]);
        Assert.NotEqual(bos, Tokenizer.Encode("<|begin_of_text|>the", addBos: true)[1]);
    }

    [Fact]
    public void Bos_that_does_not_exist_is_refused()
    {
        Tokenizer none = GgufTokenizerLoader.Load(TestVocabulary.Gguf() with { BosId = null }, "test.gguf");

        Assert.Contains("no BOS", Assert.Throws<InvalidOperationException>(() => none.Encode("a", addBos: true)).Message, StringComparison.Ordinal);
        Assert.False(none.AddsBos);
    }

    [Fact]
    public void Encoding_appends_to_the_list_given()
    {
        List<int> output = [7];
        Tokenizer.Encode("the", addBos: false, parseSpecial: false, output);

        Assert.Equal([7, Id("the")], output);
    }

    [Fact]
    public void Special_tokens_decode_to_nothing_unless_asked_for()
    {
        int[] ids = [Id("<|begin_of_text|>"), Id("the"), Id("<|eot|>")];

        Assert.Equal("the", Tokenizer.Decode(ids));
        Assert.Equal("<|begin_of_text|>the<|eot|>", Tokenizer.Decode(ids, includeSpecial: true));
    }

    [Fact]
    public void Ends_of_generation_are_found_by_name()
    {
        Assert.Equal([Id("<|end_of_text|>"), Id("<|eom|>"), Id("<|eot|>"), Id("<|eot_id|>")], Tokenizer.EndOfGenerationIds);
        Assert.True(Tokenizer.IsEndOfGeneration(Id("<|eot|>")));
        Assert.False(Tokenizer.IsEndOfGeneration(Id("the")));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Id_outside_the_vocabulary_is_refused(int id)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Decode([id]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.GetKind(id));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = Tokenizer.GetTokenBytes(id).Length; });
    }

    private static int Id(string text)
    {
        Assert.True(Tokenizer.TryGetId(text, out int id), text);
        return id;
    }
}
