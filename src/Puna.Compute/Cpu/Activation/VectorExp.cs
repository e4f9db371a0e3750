using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;

namespace Puna.Compute.Cpu.Activation;

/// <summary>
/// e^x for float32 lanes, within 1 unit in the last place of the exact value over the whole range, denormal results
/// included. exp(0) is exactly 1, exp(-∞) is 0, exp(x) is ∞ from 88.73 on and 0 below -103.98, NaN stays NaN.
/// </summary>
/// <remarks>
/// e^x = 2^n e^r with n the integer nearest x / ln 2, so that |r| ≤ ln 2 / 2; e^r = 1 + r + r² q(r) with q the minimax
/// polynomial of degree 4 (relative error of e^r below 3.1e-9). The same operations in every width, hence the same bits.
/// </remarks>
internal static class VectorExp
{
    /// <summary>1.5 * 2^23: adding it to a float of small magnitude rounds that to an integer, ties to even.</summary>
    private const float Shift = 12_582_912f;

    private const float Log2E = 1.4426950216293335f;
    private const float Ln2High = 0.6931471824645996f;
    private const float Ln2Low = -1.9046542121259336e-09f;

    /// <summary>Arguments outside give the same results as these: 0 and infinity.</summary>
    private const float Lowest = -104f, Highest = 89f;

    private const float Q0 = 0.4999999403953552f;
    private const float Q1 = 0.1666651964187622f;
    private const float Q2 = 0.04166839271783829f;
    private const float Q3 = 0.008368750102818012f;
    private const float Q4 = 0.0013814528938382864f;

    /// <summary>e^x in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : struct, ILanes<T>
    {
        x = T.Max(T.Create(Lowest), T.Min(T.Create(Highest), x)); // in this order NaN passes
        T shift = T.Create(Shift);
        T n = T.Fma(x, T.Create(Log2E), shift) - shift;
        T r = T.Fma(n, T.Create(-Ln2High), x);
        r = T.Fma(n, T.Create(-Ln2Low), r);

        T q = T.Fma(T.Create(Q4), r, T.Create(Q3));
        q = T.Fma(q, r, T.Create(Q2));
        q = T.Fma(q, r, T.Create(Q1));
        q = T.Fma(q, r, T.Create(Q0));
        T e = T.Fma(r * r, q, r) + T.Create(1f);

        // n reaches from -150 to 128, beyond one exponent: 2^n in two factors, of which only the second can round.
        T half = T.Fma(n, T.Create(0.5f), shift);
        T rest = (n - (half - shift)) + shift;
        return e * T.PowerOfTwo(half) * T.PowerOfTwo(rest);
    }

    /// <summary>e^x of one number, the same bits as a lane.</summary>
    public static unsafe float Exp(float x)
    {
        float result;
        Lanes1.Store(Exp(Lanes1.Create(x)), &result);
        return result;
    }
}
