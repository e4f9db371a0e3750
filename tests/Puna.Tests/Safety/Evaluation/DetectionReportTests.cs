using Puna.Safety.Evaluation;

namespace Puna.Tests.Safety.Evaluation;

public sealed class DetectionReportTests
{
    [Fact]
    public void Areas_are_those_of_a_worked_example()
    {
        // Positives 0.9, 0.6, 0.6; negatives 0.8, 0.6, 0.1, 0.1. Of 12 pairs 8 are right and 2 tied: (4 + 2 * (2 + 0.5)) / 12.
        DetectionReport report = DetectionReport.Of([new(0.9, true), new(0.6, true), new(0.6, true), new(0.8, false), new(0.6, false), new(0.1, false), new(0.1, false)]);

        Assert.Equal(9.0 / 12, report.Auc, 1e-12);
        Assert.Equal(((1.0 / 1) + (2 * 3.0 / 5)) / 3, report.AveragePrecision, 1e-12);
        Assert.Equal((1 / 3.0, 0.9), report.RecallAtFalsePositives(0.2));
        Assert.Equal((1.0, 0.6), report.RecallAtFalsePositives(0.5));
        Assert.Equal(new DetectionPoint(0.7, 1, 1), report.At(0.7));
        Assert.InRange(report.Auc, report.AucInterval.Low, report.AucInterval.High);
    }

    [Fact]
    public void A_negative_on_top_leaves_no_threshold() =>
        Assert.Equal((0, double.PositiveInfinity), DetectionReport.Of([new(0.5, true), new(0.9, false)]).RecallAtFalsePositives(0.01));

    [Fact]
    public void Chance_is_one_half() => Assert.Equal(0.5, DetectionReport.Of([.. Enumerable.Range(0, 100).Select(i => new ScoredExample(0.3, i % 2 == 0))]).Auc, 1e-12);

    [Fact]
    public void Wants_both_classes_and_numbers()
    {
        Assert.Throws<ArgumentException>(() => DetectionReport.Of([new(0.5, true)]));
        Assert.Throws<ArgumentException>(() => DetectionReport.Of([new(double.NaN, true), new(0, false)]));
    }
}
