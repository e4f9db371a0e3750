using Puna.Evaluation.Grading;

namespace Puna.Tests.Evaluation.Grading;

public sealed class MetricsTests
{
    [Fact]
    public void Ruler_counts_references_in_the_answer()
    {
        Assert.Equal(1, SubstringMetrics.All("…are 7531842.", ["7531842"]));
        Assert.Equal(0.5, SubstringMetrics.All("12 and 56", ["12", "34", "56", "78"]));
        Assert.Equal(1, SubstringMetrics.Any("It is PARIS", ["Paris", "paris city"]));
        Assert.Equal(0.5, SubstringMetrics.All("It is PARIS", ["Paris", "paris city"])); // lm-evaluation-harness' part
        Assert.Equal(1, SubstringMetrics.All(" a\u0001b ", ["a\nb"]));
    }

    [Fact]
    public void Exact_match_deletes_in_order()
    {
        ExactMatch match = new([LinearPattern.Of("the ")], IgnoreCase: true, IgnorePunctuation: true, IgnoreNumbers: true);

        Assert.True(match.Holds("the Red-1!", "red2"));
        Assert.False(match.Holds("The Red", "red")); // the pattern is deleted before letters are lowered
        Assert.False(match.Holds(null, ""));
    }
}
