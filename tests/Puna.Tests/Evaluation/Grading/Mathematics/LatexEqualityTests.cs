using Puna.Evaluation.Grading.Mathematics;

namespace Puna.Tests.Evaluation.Grading.Mathematics;

public sealed class LatexEqualityTests
{
    [Theory]
    [InlineData("2/4", @"\frac12")]
    [InlineData("3.0", "3")]
    [InlineData("1,000", "1000")]
    [InlineData(@"\frac{\sqrt{2}}{2}", @"\frac{1}{\sqrt{2}}")]
    [InlineData(@"(x+1)^2", "x^2 + 2x + 1")]
    [InlineData(@"\frac{x^2-1}{x-1}", "x+1")]
    [InlineData(@"2\sqrt{3}i", @"\sqrt{-12}")]
    [InlineData(@"3\frac{1}{2}", "3.5")]
    [InlineData(@"50\%", @"\frac12")]
    [InlineData("x = 5", "5")]
    [InlineData(@"x \in [0,1)", "[0,1)")]
    [InlineData(@"\{1, 2, 3\}", @"\{3,2,1\}")]
    [InlineData(@"(\tfrac12, 2)", "(0.5, 2.0)")]
    [InlineData(@"(-\infty, 2] \cup [3, \infty)", @"[3, \infty) \cup (-\infty, 2]")]
    [InlineData(@"\begin{pmatrix} 1/2 & 2 \\ 3 & 4 \end{pmatrix}", @"\begin{pmatrix} 0.5 & 2 \\ 3 & 4 \end{pmatrix}")]
    [InlineData(@"\sin^2 x + \cos^2 x", "1")]
    [InlineData(@"\log_2 8", "3")]
    [InlineData(@"\sqrt[3]{-8}", "-2")]
    [InlineData(@"\binom{5}{2}", "10")]
    [InlineData("5!", "120")]
    [InlineData(@"e^{i\pi}", "-1")]
    [InlineData(@"30^\circ", "30")]
    [InlineData("|{-3}|", "3")]
    [InlineData("1, -1", "-1, 1")]
    [InlineData("a_1 + a_{2}", "a_2 + a_1")]
    public void Different_ways_to_write_the_same(string answer, string gold) => Assert.True(LatexEquality.Symbolic(answer, gold));

    [Theory]
    [InlineData("(1,2)", "(2,1)")]
    [InlineData("[0,1)", "(0,1)")]
    [InlineData("[0,1)", "[0,1]")]
    [InlineData(@"\sqrt{x^2}", "x")]
    [InlineData("x+1", "y+1")]
    [InlineData("10000000000000000001", "10000000000000000002")] // one double, two numbers
    [InlineData("1/0", "2/0")]
    [InlineData(@"\infty", @"-\infty")]
    [InlineData("1,2", "1,2,2")]
    [InlineData("0.333", @"\frac13")]
    [InlineData(@"\text{yes}", @"\text{no}")]
    [InlineData("y = 2x", "y = 3x")]
    public void Different_answers(string answer, string gold) => Assert.False(LatexEquality.Symbolic(answer, gold));

    [Theory]
    [InlineData("the answer: seven?")]
    [InlineData(@"\frac{1}{")]
    [InlineData("((((((")]
    [InlineData("")]
    [InlineData(@"3 \pm 2")]
    public void What_cannot_be_read_equals_nothing(string text) => Assert.False(LatexEquality.Symbolic(text, text));

    [Fact]
    public void The_level_is_the_first_that_holds()
    {
        Assert.Equal(Equivalence.Normalized, LatexEquality.Compare(@"$\frac12$", @"\frac{1}{2}"));
        Assert.Equal(Equivalence.Hendrycks, LatexEquality.Compare("0.5", @"\frac{1}{2}"));
        Assert.Equal(Equivalence.Symbolic, LatexEquality.Compare("2/4", @"\frac{1}{2}"));
        Assert.Equal(Equivalence.Normalized, LatexEquality.Compare("[0,1)", "[0,1)"));
        Assert.Equal(Equivalence.None, LatexEquality.Compare(null, "1"));
    }

    [Fact]
    public void Deep_and_long_answers_are_not_read()
    {
        Assert.Null(LatexParser.Parse(new string('(', 900) + "1" + new string(')', 900)));
        Assert.Null(LatexParser.Parse(new string('1', 3000)));
        Assert.Null(LatexParser.Parse(new string('-', 1900) + "1"));
        Assert.False(LatexEquality.Symbolic("9^{9^{9^{9}}}", "1"));
    }
}
