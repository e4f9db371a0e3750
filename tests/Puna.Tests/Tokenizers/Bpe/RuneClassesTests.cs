using System.Text.RegularExpressions;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Tokenizers.Bpe;

public class RuneClassesTests
{
    [Theory]
    [InlineData((byte)RuneClass.Head, @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]")]
    [InlineData((byte)RuneClass.Tail, @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]")]
    [InlineData((byte)RuneClass.Letter, @"\p{L}")]
    [InlineData((byte)RuneClass.Number, @"\p{N}")]
    [InlineData((byte)RuneClass.Space, @"\s")]
    [InlineData((byte)RuneClass.NewLine, @"[\r\n]")]
    [InlineData((byte)RuneClass.Symbol, @"[^\s\p{L}\p{N}]")]
    [InlineData((byte)RuneClass.Prefix, @"[^\r\n\p{L}\p{N}]")]
    public void Class_equals_its_expression_for_the_first_plane(byte flag, string expression)
    {
        Regex regex = new($"^{expression}$".Replace("$", "\\z", StringComparison.Ordinal), RegexOptions.CultureInvariant);
        for (int c = 0; c <= char.MaxValue; c++)
        {
            if (char.IsSurrogate((char)c)) continue;

            bool expected = regex.IsMatch(((char)c).ToString());
            Assert.True(expected == (((byte)RuneClasses.Of((uint)c) & flag) != 0), $"U+{c:X4}");
        }
    }

    [Theory]
    [InlineData(0x1D400, RuneClass.Letter | RuneClass.Head)]                    // mathematical capital
    [InlineData(0x1D41A, RuneClass.Letter | RuneClass.Tail)]                    // mathematical small
    [InlineData(0x20000, RuneClass.Letter | RuneClass.Head | RuneClass.Tail)]   // ideograph
    [InlineData(0x11001, RuneClass.Head | RuneClass.Tail)]                      // Brahmi sign, a mark
    [InlineData(0x1D7CE, RuneClass.Number)]                                     // mathematical digit
    [InlineData(0xE0100, RuneClass.Head | RuneClass.Tail)]                      // variation selector, a mark
    [InlineData(0x1F600, RuneClass.None)]                                       // emoji
    [InlineData(0x10FFFF, RuneClass.None)]
    [InlineData(0x50000, RuneClass.None)]
    public void Supplementary_characters_have_their_class(int rune, object expected)
    {
        const RuneClass OfInterest = RuneClass.Letter | RuneClass.Head | RuneClass.Tail | RuneClass.Number | RuneClass.Space;

        Assert.Equal((RuneClass)expected, RuneClasses.Of((uint)rune) & OfInterest);
    }
}
