using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>
/// Arm64 with dot products (sdot): four products of signed bytes are added to a 32-bit sum. Unsigned operands go up to 255, so each use says
/// how they become signed ones. Registers have 128 bits; everything is done in halves.
/// </summary>
internal readonly unsafe struct ArmDotInt8 : IInt8Instructions
{
    public static string Name => "armdot";

    public static CpuLevel Level => CpuLevel.ArmDot;

    public static bool IsSupported => Dp.IsSupported && AdvSimd.Arm64.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        return Vector256.Create(
            Half(sum.GetLower(), unsigned.GetLower(), signed.GetLower()), Half(sum.GetUpper(), unsigned.GetUpper(), signed.GetUpper()));

        // Σ u s = Σ (u - 128) s - Σ -128 s
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector128<int> Half(Vector128<int> sum, Vector128<byte> u, Vector128<sbyte> s)
        {
            Vector128<sbyte> least = Vector128.Create(sbyte.MinValue);
            return Dp.DotProduct(sum, u.AsSByte() ^ least, s) - Dp.DotProduct(Vector128<int>.Zero, least, s);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4Small(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        // At most 128, of which -128 is a signed byte: Σ u s = -Σ -u s.
        Vector256<sbyte> u = -unsigned.AsSByte();
        return sum - Vector256.Create(
            Dp.DotProduct(Vector128<int>.Zero, u.GetLower(), signed.GetLower()), Dp.DotProduct(Vector128<int>.Zero, u.GetUpper(), signed.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Pairs(Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        Vector256<sbyte> u = -unsigned.AsSByte(); // as above
        return -Vector256.Create(Half(u.GetLower(), signed.GetLower()), Half(u.GetUpper(), signed.GetUpper()));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector128<short> Half(Vector128<sbyte> u, Vector128<sbyte> s) =>
            AdvSimd.Arm64.AddPairwise(AdvSimd.MultiplyWideningLower(u.GetLower(), s.GetLower()), AdvSimd.MultiplyWideningUpper(u, s));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2(Vector256<int> sums, Vector256<short> a, Vector256<short> b)
    {
        return Vector256.Create(Half(sums.GetLower(), a.GetLower(), b.GetLower()), Half(sums.GetUpper(), a.GetUpper(), b.GetUpper()));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector128<int> Half(Vector128<int> sums, Vector128<short> a, Vector128<short> b) =>
            AdvSimd.MultiplyWideningUpperAndAdd(AdvSimd.MultiplyWideningLowerAndAdd(sums, a.GetLower(), b.GetLower()), a, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2InLanes(Vector256<int> sum, Vector256<short> a, Vector256<short> b)
    {
        return sum + Vector256.Create(Half(a.GetLower(), b.GetLower()), Half(a.GetUpper(), b.GetUpper()));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector128<int> Half(Vector128<short> a, Vector128<short> b) =>
            AdvSimd.Arm64.AddPairwise(AdvSimd.MultiplyWideningLower(a.GetLower(), b.GetLower()), AdvSimd.MultiplyWideningUpper(a, b));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Sign(Vector256<sbyte> v, Vector256<sbyte> sign) => PortableInt8.Sign(v, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Spread(Vector256<short> v, int lane) => PortableInt8.Spread(v, lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Sum8(Vector256<int>* v)
    {
        return Vector256.Create(Four(v), Four(v + 4));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector128<int> Four(Vector256<int>* v) =>
            AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(Halves(v[0]), Halves(v[1])), AdvSimd.Arm64.AddPairwise(Halves(v[2]), Halves(v[3])));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector128<int> Halves(Vector256<int> v) => v.GetLower() + v.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose8(int* source, int sourceStride, int* destination, int destinationStride)
    {
        for (int row = 0; row < 8; row += 4)
        {
            for (int column = 0; column < 8; column += 4)
                Transpose4(source + (row * sourceStride) + column, sourceStride, destination + (column * destinationStride) + row, destinationStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(int* s, int sourceStride, int* d, int destinationStride)
    {
        Vector128<int> a0 = Vector128.Load(s), a1 = Vector128.Load(s + sourceStride);
        Vector128<int> a2 = Vector128.Load(s + (2 * sourceStride)), a3 = Vector128.Load(s + (3 * sourceStride));
        Vector128<int> even0 = AdvSimd.Arm64.ZipLow(a0, a2), odd0 = AdvSimd.Arm64.ZipLow(a1, a3);
        Vector128<int> even1 = AdvSimd.Arm64.ZipHigh(a0, a2), odd1 = AdvSimd.Arm64.ZipHigh(a1, a3);
        AdvSimd.Arm64.ZipLow(even0, odd0).Store(d);
        AdvSimd.Arm64.ZipHigh(even0, odd0).Store(d + destinationStride);
        AdvSimd.Arm64.ZipLow(even1, odd1).Store(d + (2 * destinationStride));
        AdvSimd.Arm64.ZipHigh(even1, odd1).Store(d + (3 * destinationStride));
    }
}
