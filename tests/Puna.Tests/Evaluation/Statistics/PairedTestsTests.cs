using Puna.Evaluation.Statistics;

namespace Puna.Tests.Evaluation.Statistics;

public sealed class PairedTestsTests
{
    // The first four are published; the others are sums of exact fractions in Python.
    [Theory]
    [InlineData(5, 15, 0.041389)]
    [InlineData(2, 9, 0.065430)]
    [InlineData(4, 4, 1)]
    [InlineData(0, 6, 0.03125)]
    [InlineData(0, 0, 1)]
    [InlineData(600, 700, 0.0060157938610449525)]
    [InlineData(1100, 1000, 0.030720707864242296)] // 2^-2100 is no double
    public void McNemar_is_exact(int onlyFirst, int onlySecond, double p) => Assert.Equal(p, PairedTests.McNemar(onlyFirst, onlySecond), 6);

    [Fact]
    public void Permutation_agrees_with_all_sign_patterns()
    {
        double[] differences = [0.5, 0.2, -0.1, 0.4, 0.3, 0.0, -0.2, 0.6];

        // All 256 patterns give 0.109375; 10,000 draws err by at most 4·sqrt(0.11·0.89/10000) = 0.0125.
        double p = PairedTests.Permutation(differences, seed: 1);
        Assert.Equal(0.109375, p, 0.0125);
        Assert.Equal(p, PairedTests.Permutation(differences, seed: 1));
    }

    [Fact]
    public void Equal_models_do_not_differ() => Assert.Equal(1, PairedTests.Permutation(new double[50], seed: 1));

    [Fact]
    public void Holm_corrects_in_order_of_size()
    {
        double[] corrected = PairedTests.Holm([0.01, 0.04, 0.03, 0.005]);

        Assert.Equal([0.03, 0.06, 0.06, 0.02], corrected.Select(p => Math.Round(p, 12)));
    }

    [Fact]
    public void Power_says_how_many_items_a_point_takes()
    {
        Assert.Equal(7849, Power.ItemsToSee(difference: 0.01, discordance: 0.1));
        Assert.Equal(0.06264534992459171, Power.SmallestDifference(items: 200, discordance: 0.1), 9);
        Assert.Throws<ArgumentOutOfRangeException>(() => Power.ItemsToSee(difference: 0.2, discordance: 0.1));
    }
}
