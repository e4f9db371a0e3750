using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>
/// The few integer steps in which instruction sets differ. All are exact, so every implementation gives the same bits;
/// kernels are generic over this and hold no instruction of their own.
/// </summary>
internal unsafe interface IInt8Instructions
{
    /// <summary>Name of the variant in tests and reports.</summary>
    static abstract string Name { get; }

    /// <summary>Instructions that it needs.</summary>
    static abstract CpuLevel Level { get; }

    /// <summary>True when this process can run it.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>sum[i] + the four products of bytes 4i … 4i + 3, for any bytes.</summary>
    static abstract Vector256<int> Dot4(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed);

    /// <summary>As <see cref="Dot4"/>, for bytes whose products of neighbours add up to at most 32767 in magnitude.</summary>
    static abstract Vector256<int> Dot4Small(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed);

    /// <summary>The two products of bytes 2i, 2i + 1, which add up to at most 32767 in magnitude.</summary>
    static abstract Vector256<short> Pairs(Vector256<byte> unsigned, Vector256<sbyte> signed);

    /// <summary>Sums to which the products of all 16 lanes were added, in any arrangement.</summary>
    static abstract Vector256<int> Dot2(Vector256<int> sums, Vector256<short> a, Vector256<short> b);

    /// <summary>sum[i] + a[2i] b[2i] + a[2i + 1] b[2i + 1].</summary>
    static abstract Vector256<int> Dot2InLanes(Vector256<int> sum, Vector256<short> a, Vector256<short> b);

    /// <summary>v with the sign of <paramref name="sign"/>: negated where that is negative, 0 where it is 0.</summary>
    static abstract Vector256<sbyte> Sign(Vector256<sbyte> v, Vector256<sbyte> sign);

    /// <summary>Lane <paramref name="lane"/> of each half in all lanes of that half.</summary>
    static abstract Vector256<short> Spread(Vector256<short> v, int lane);

    /// <summary>Lane r of the result is the sum of the lanes of v[r].</summary>
    static abstract Vector256<int> Sum8(Vector256<int>* v);

    /// <summary>Transposes eight vectors of eight: lane r of row c becomes lane c of row r.</summary>
    static abstract void Transpose8(int* source, int sourceStride, int* destination, int destinationStride);
}
