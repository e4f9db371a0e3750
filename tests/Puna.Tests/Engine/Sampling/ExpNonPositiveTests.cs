using System.Runtime.Intrinsics;
using Puna.Engine.Sampling;

namespace Puna.Tests.Engine.Sampling;

public class ExpNonPositiveTests
{
    private static IEnumerable<float> Arguments()
    {
        for (float x = 0; x >= ExpNonPositive.Smallest; x -= 0.00731f) yield return x;
        yield return -float.Epsilon;
        yield return -1e-10f;
        yield return ExpNonPositive.Smallest;
    }

    [Fact]
    public void Result_is_within_two_units_in_the_last_place()
    {
        foreach (float x in Arguments())
        {
            float exact = (float)Math.Exp(x);
            Assert.InRange(ExpNonPositive.Scalar(x), exact - (2 * (MathF.BitIncrement(exact) - exact)), exact + (2 * (MathF.BitIncrement(exact) - exact)));
        }
    }

    [Fact]
    public void Vector_has_the_bits_of_the_scalar()
    {
        foreach (float x in Arguments().Concat([-87.34f, -1e30f, float.MinValue, float.NegativeInfinity]))
            Assert.Equal(BitConverter.SingleToInt32Bits(ExpNonPositive.Scalar(x)), BitConverter.SingleToInt32Bits(ExpNonPositive.Vector(Vector256.Create(x))[5]));
    }

    [Fact]
    public void Zero_gives_one_and_what_would_be_subnormal_gives_zero()
    {
        Assert.Equal(1f, ExpNonPositive.Scalar(0f));
        Assert.Equal(0f, ExpNonPositive.Scalar(-87.34f));
        Assert.Equal(0f, ExpNonPositive.Scalar(float.NegativeInfinity));
    }
}
