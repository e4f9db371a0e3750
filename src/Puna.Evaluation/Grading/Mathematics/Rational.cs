using System.Numerics;
using static Puna.Evaluation.Grading.Mathematics.LatexNode;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>Exact values of formulas without variables, roots or constants.</summary>
internal static class Rational
{
    // A power past this many bits is compared as a double instead.
    private const long MaxBits = 4096;

    public static Number Reduce(BigInteger numerator, BigInteger denominator)
    {
        BigInteger divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        if (denominator.Sign < 0) divisor = -divisor;
        return new Number(numerator / divisor, denominator / divisor);
    }

    /// <summary>The exact value, or null where there is none.</summary>
    public static Number? Of(LatexNode node) => node switch
    {
        Number number => Bits(number) <= MaxBits ? number : null,
        Operation { Name: "!" } => null,
        Operation { Operands: [var first, var second] } operation when Of(first) is { } a && Of(second) is { } b => Binary(operation.Name, a, b),
        _ => null,
    };

    private static Number? Binary(string name, Number a, Number b)
    {
        if (Bits(a) + Bits(b) > MaxBits) return null;
        return name switch
        {
            "+" => Reduce(a.Numerator * b.Denominator + b.Numerator * a.Denominator, a.Denominator * b.Denominator),
            "*" => Reduce(a.Numerator * b.Numerator, a.Denominator * b.Denominator),
            "/" when !b.Numerator.IsZero => Reduce(a.Numerator * b.Denominator, a.Denominator * b.Numerator),
            "^" when b.Denominator.IsOne && BigInteger.Abs(b.Numerator) <= MaxBits && Bits(a) * (long)BigInteger.Abs(b.Numerator) <= MaxBits => Power(a, (int)b.Numerator),
            _ => null,
        };
    }

    private static Number? Power(Number a, int exponent)
    {
        if (exponent >= 0) return new Number(BigInteger.Pow(a.Numerator, exponent), BigInteger.Pow(a.Denominator, exponent));
        return a.Numerator.IsZero ? null : Reduce(BigInteger.Pow(a.Denominator, -exponent), BigInteger.Pow(a.Numerator, -exponent));
    }

    private static long Bits(Number a) => a.Numerator.GetBitLength() + a.Denominator.GetBitLength();
}
