using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class Xoshiro256Tests
{
    [Fact]
    public void State_1_2_3_4_gives_the_published_sequence()
    {
        // The vector that other implementations of xoshiro256** also test against.
        ulong[] expected =
        [
            11520, 0, 1509978240, 1215971899390074240, 1216172134540287360,
            607988272756665600, 16172922978634559625, 8476171486693032832, 10595114339597558777, 2904607092377533576,
        ];
        Xoshiro256 random = new([1UL, 2, 3, 4]);

        Assert.Equal(expected, expected.Select(_ => random.Next()).ToArray());
    }

    [Fact]
    public void Seed_is_spread_by_SplitMix64()
    {
        Span<ulong> state = stackalloc ulong[4];
        new Xoshiro256(1234567).Save(state);

        // The first outputs of SplitMix64 from 1234567, as widely published.
        Assert.Equal([6457827717110365317UL, 3203168211198807973, 9817491932198370423, 4593380528125082431], state.ToArray());
    }

    [Fact]
    public void Restored_state_continues_the_sequence()
    {
        Xoshiro256 random = new(7);
        random.Next();
        Span<ulong> state = stackalloc ulong[4];
        random.Save(state);
        Xoshiro256 restored = new(state);

        for (int i = 0; i < 100; i++) Assert.Equal(random.Next(), restored.Next());
    }

    [Fact]
    public void Unit_numbers_lie_in_zero_to_below_one_with_the_mean_of_a_uniform()
    {
        Xoshiro256 random = new(1);
        double sum = 0;
        const int n = 100_000;
        for (int i = 0; i < n; i++)
        {
            double u = random.NextUnit();
            Assert.InRange(u, 0, double.BitDecrement(1));
            sum += u;
        }

        Assert.Equal(0.5, sum / n, 5 * Math.Sqrt(1.0 / 12 / n)); // five standard deviations of the mean
    }

    [Fact]
    public void State_of_zeros_or_of_wrong_length_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Xoshiro256([0UL, 0, 0, 0]));
        Assert.Throws<ArgumentException>(() => new Xoshiro256([1UL, 2, 3]));
    }
}
