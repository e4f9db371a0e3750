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
    public void Answers_from_documents()
    {
        Assert.Equal(1, DocumentMetrics.Anls(" Paris ", ["paris", "x"]));
        Assert.Equal(0.8, DocumentMetrics.Anls("pariz", ["paris"]), 12);
        Assert.Equal(0, DocumentMetrics.Anls("rome", ["paris"]));
        Assert.Equal(0, DocumentMetrics.Anls(new string('a', 100_000), ["paris"]));
        Assert.True(DocumentMetrics.Relaxed("104.9", "100"));
        Assert.False(DocumentMetrics.Relaxed("105.1", "100"));
        Assert.True(DocumentMetrics.Relaxed("10%", "0.1"));
        Assert.True(DocumentMetrics.Relaxed("Red", "red "));
        Assert.False(DocumentMetrics.Relaxed("1", "0"));
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
