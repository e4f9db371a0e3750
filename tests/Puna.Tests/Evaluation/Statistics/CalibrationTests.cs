using Puna.Evaluation.Statistics;

namespace Puna.Tests.Evaluation.Statistics;

public sealed class CalibrationTests
{
    [Fact]
    public void Expected_calibration_error_of_six_answers()
    {
        Calibration calibration = Calibration.Of([.95, .90, .85, .65, .62, .35], [true, true, false, true, false, false]);

        Assert.Equal(0.27, calibration.Error, 12);
        Assert.Equal([0, 0, 0, 1, 0, 0, 2, 0, 1, 2], calibration.Bins.Select(bin => bin.Count));
        Assert.Equal(0.5, calibration.Bins[6].Accuracy);
    }

    [Fact]
    public void Certainty_belongs_to_the_last_bin() => Assert.Equal(1, Calibration.Of([1.0], [true]).Bins[^1].Count);

    [Fact]
    public void A_confidence_that_is_no_probability_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Calibration.Of([double.NaN], [true]));

    [Fact]
    public void Scores_of_a_choice_from_log_likelihoods()
    {
        double[] logLikelihoods = [-1.2, -0.4, -2.0, -3.1];
        double[] probs = ChoiceScores.Probabilities(logLikelihoods);

        Assert.Equal(1, ChoiceScores.Best(logLikelihoods));
        Assert.Equal([0.261476, 0.581926, 0.117489, 0.039109], probs.Select(p => Math.Round(p, 6)));
        Assert.Equal(0.258489, ChoiceScores.Brier(probs, gold: 1), 6);
    }

    [Fact]
    public void Length_changes_the_choice()
    {
        double[] logLikelihoods = [-4.0, -9.0, -4.4, -5.0];

        Assert.Equal(0, ChoiceScores.Best(logLikelihoods));
        Assert.Equal(1, ChoiceScores.BestPerCharacter(logLikelihoods, ["red", "a dark shade of blue", "green", "none"]));
        Assert.Equal(1, ChoiceScores.BestPerCharacter([-1.5, -2.0], ["a", "😀😀"])); // characters, not UTF-16 units: -1.5 and -1
    }

    [Fact]
    public void Of_equal_choices_the_first_wins()
    {
        Assert.Equal(0, ChoiceScores.Best([-1, -1, -1]));
        Assert.Equal([0.5, 0.5], ChoiceScores.Probabilities([double.NegativeInfinity, double.NegativeInfinity]));
    }

    [Theory]
    [InlineData(5, 2, 1, 0.4)]
    [InlineData(5, 2, 2, 0.7)]
    [InlineData(5, 2, 5, 1)]
    [InlineData(10, 3, 5, 0.916667)]
    [InlineData(20, 1, 10, 0.5)]
    public void Pass_at_k(int n, int c, int k, double expected) => Assert.Equal(expected, ChoiceScores.PassAtK(n, c, k), 6);
}
