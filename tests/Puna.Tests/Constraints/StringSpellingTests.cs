using System.Text;
using Puna.Demo;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Tokenizers;

namespace Puna.Tests.Constraints;

/// <summary>Strings are generated in one spelling, and read in all.</summary>
public sealed class StringSpellingTests
{
    private const string Schema = """{"type":"object","properties":{"name":{"enum":["e/f","tab\t","bell\u0007","q\"b\\"]},"free":{"type":"string"}},"required":["name"],"additionalProperties":false}""";

    private static readonly Tokenizer Vocabulary = PunaModel.LoadTokenizer(DemoModel.Path);

    [Theory]
    [InlineData("""{"name":"e/f"}""", true)]
    [InlineData("""{"name":"\u0065/f"}""", false)]
    [InlineData("""{"name":"e\/f"}""", false)]
    [InlineData("""{"\u006eame":"e/f"}""", false)]
    [InlineData("""{"name":"tab\t"}""", true)]
    [InlineData("""{"name":"tab\u0009"}""", false)]
    [InlineData("""{"name":"bell\u0007"}""", true)]
    [InlineData("""{"name":"q\"b\\"}""", true)]
    [InlineData("""{"name":"q\u0022b\\"}""", false)]
    [InlineData("""{"name":"e/f","free":"é😀\n\u001f\u001F\b\f\r"}""", true)]
    [InlineData("""{"name":"e/f","free":"\ud83d\ude00"}""", false)]
    [InlineData("""{"name":"e/f","free":"\u007f"}""", false)]
    public void Only_characters_that_need_it_are_escaped_in_what_is_generated(string text, bool isPlain)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Constraint generated = Constraint.FromJsonSchema(Schema), any = Constraint.FromJsonSchema(Schema, ConstraintOptions.AnySpelling);

        Assert.Equal(isPlain, generated.Matches(utf8));
        Assert.Equal(isPlain, new ConstraintProbe(Vocabulary).Accepts(generated, utf8));
        Assert.True(any.Matches(utf8));
        Assert.True(new ConstraintProbe(Vocabulary).Accepts(any, utf8));
    }

    [Fact]
    public void No_escape_is_begun_that_cannot_end_in_a_character_that_needs_one()
    {
        ConstraintState state = Constraint.FromJsonSchema("""{"enum":["abc","a\u0010"]}""").Start(Vocabulary, Vocabulary.VocabSize);
        foreach (byte b in "\"a"u8) Take(state, b);

        ConstraintState inside = state.Clone();
        foreach (byte b in "bc"u8) Take(inside, b);
        Assert.False(inside.IsAllowed(TokenOf((byte)'\\')));

        foreach (byte b in "\\u001"u8) Take(state, b);
        Assert.False(state.IsAllowed(TokenOf((byte)'f')));
        Assert.True(state.IsAllowed(TokenOf((byte)'0')));
    }

    [Fact]
    public void What_is_drawn_is_spelled_plainly()
    {
        ConstraintProbe probe = new(Vocabulary);
        Xoshiro256 random = new(7);
        Constraint text = Constraint.FromJsonSchema("""{"type":"string","pattern":"^[a-c/\"\n\u0001]{1,9}$"}""");
        for (int i = 0; i < 200; i++) Assert.Matches("""^"([a-c/]|\\["n]|\\u0001)+"$""", probe.Sample(text, ref random));
    }

    private static void Take(ConstraintState state, byte b) => Assert.True(state.TryAccept(TokenOf(b)), $"'{(char)b}' is not allowed");

    private static int TokenOf(byte b) => Assert.Single(Vocabulary.EncodeUtf8([b], addBos: false));
}
