using System.Numerics;

namespace Puna.Compute.Cpu.Attention;

/// <summary>Looks for values that a cache type cannot hold.</summary>
internal static class MagnitudeCheck
{
    /// <summary>True when every magnitude is below <paramref name="limit"/>; NaN is not, infinity never.</summary>
    public static bool AllBelow(ReadOnlySpan<float> values, float limit)
    {
        int i = 0;
        Vector<float> limits = new(limit);
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (!Vector.LessThanAll(Vector.Abs(new Vector<float>(values[i..])), limits)) return false;
        }

        for (; i < values.Length; i++)
        {
            if (!(MathF.Abs(values[i]) < limit)) return false;
        }

        return true;
    }
}
