using System.Numerics;
using Puna.Evaluation.Statistics;
using static Puna.Evaluation.Grading.Mathematics.LatexNode;

namespace Puna.Evaluation.Grading.Mathematics;

/// <summary>Values of formulas at points where every variable is a fixed random complex number.</summary>
internal static class LatexValue
{
    private static readonly Complex Undefined = new(double.NaN, double.NaN);

    /// <summary>The value at a point, NaN where there is none.</summary>
    /// <param name="node">The formula.</param>
    /// <param name="point">Number of the point; the same variable has the same value in all formulas.</param>
    public static Complex At(LatexNode node, int point) => node switch
    {
        Number number => Divide(number.Numerator, number.Denominator),
        Symbol symbol => Constant(symbol.Name) ?? Variable(symbol.Name, point),
        Operation operation => Apply(operation.Name, [.. operation.Operands.Select(operand => At(operand, point))]),
        _ => Undefined,
    };

    private static Complex Divide(BigInteger numerator, BigInteger denominator) => new((double)numerator / (double)denominator, 0);

    // Infinity is a value like a variable: equal to itself only.
    private static Complex? Constant(string name) => name switch
    {
        "pi" => new Complex(Math.PI, 0),
        "e" => new Complex(Math.E, 0),
        "i" => Complex.ImaginaryOne,
        _ => null,
    };

    private static Complex Variable(string name, int point)
    {
        ulong seed = 0xCBF29CE484222325;
        foreach (char c in name) seed = (seed ^ c) * 0x100000001B3;
        SplitMix64 random = new(seed + (ulong)point * 0x9E3779B97F4A7C15);
        return new Complex(Unit(random.Next()) * 4 - 2, Unit(random.Next()) * 4 - 2); // all quadrants: roots and logarithms have branches
    }

    private static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1L << 53));

    private static Complex Apply(string name, Complex[] x)
    {
        switch (name)
        {
            case "+": return x[0] + x[1];
            case "*": return x[0] * x[1];
            case "/": return x[1] == Complex.Zero ? Undefined : x[0] / x[1];
            case "^": return Power(x[0], x[1]);
            case "sqrt": return x[0].Imaginary == 0 && x[0].Real >= 0 ? Math.Sqrt(x[0].Real) : Complex.Sqrt(x[0]);
            case "root": return Root(x[0], x[1]);
            case "abs": return Complex.Abs(x[0]);
            case "!": return x[0].Imaginary == 0 && x[0].Real is >= 0 and <= 170 && Math.Floor(x[0].Real) == x[0].Real ? Factorial((int)x[0].Real) : Undefined;
            case "binom": return Binomial(x[0], x[1]);
            case "sin": return Complex.Sin(x[0]);
            case "cos": return Complex.Cos(x[0]);
            case "tan": return Complex.Tan(x[0]);
            case "cot": return 1 / Complex.Tan(x[0]);
            case "sec": return 1 / Complex.Cos(x[0]);
            case "csc": return 1 / Complex.Sin(x[0]);
            case "arcsin": return Complex.Asin(x[0]);
            case "arccos": return Complex.Acos(x[0]);
            case "arctan": return Complex.Atan(x[0]);
            case "exp": return Complex.Exp(x[0]);
            case "ln": return x[0] == Complex.Zero ? Undefined : Complex.Log(x[0]);
            case "log": return x[0] == Complex.Zero ? Undefined : x.Length == 1 ? Complex.Log(x[0]) / Math.Log(10) : Complex.Log(x[0]) / Complex.Log(x[1]);
            default: return Undefined;
        }
    }

    private static Complex Power(Complex x, Complex y)
    {
        if (x == Complex.Zero) return y.Imaginary == 0 && y.Real > 0 ? 0 : y == Complex.Zero ? 1 : Undefined;
        bool whole = y.Imaginary == 0 && Math.Abs(y.Real) <= 64 && Math.Floor(y.Real) == y.Real;
        if (!whole) return Complex.Pow(x, y);

        Complex result = Complex.One;
        for (int i = 0; i < Math.Abs((int)y.Real); i++) result *= x;
        return y.Real < 0 ? 1 / result : result;
    }

    // The real root of a real number where there is one, as a person means it.
    private static Complex Root(Complex x, Complex degree)
    {
        if (degree == Complex.Zero) return Undefined;
        bool odd = degree.Imaginary == 0 && Math.Abs(degree.Real % 2) == 1;
        return odd && x.Imaginary == 0 && x.Real < 0 ? -Math.Pow(-x.Real, 1 / degree.Real) : Power(x, 1 / degree);
    }

    private static double Factorial(int n)
    {
        double product = 1;
        for (int i = 2; i <= n; i++) product *= i;
        return product;
    }

    private static Complex Binomial(Complex n, Complex k)
    {
        bool whole = n.Imaginary == 0 && k.Imaginary == 0 && n.Real is >= 0 and <= 1000 && k.Real >= 0 && k.Real <= n.Real && Math.Floor(n.Real) == n.Real && Math.Floor(k.Real) == k.Real;
        if (!whole) return Undefined;
        double value = 1;
        for (int i = 1; i <= (int)k.Real; i++) value *= (n.Real - k.Real + i) / i;
        return value;
    }
}
