using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Tensors.Quantization;

/// <summary>Sums of the eight lanes of a vector in one order on every machine, so that choices made by them never differ.</summary>
internal static class VectorSum
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Of(Vector256<float> v)
    {
        Vector128<float> four = v.GetLower() + v.GetUpper();
        Vector128<float> two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two.ToScalar() + two.GetElement(1);
    }
}
