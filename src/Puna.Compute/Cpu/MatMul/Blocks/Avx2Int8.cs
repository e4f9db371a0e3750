using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>AVX2: vpmaddubsw for small bytes, vpmaddwd for the rest.</summary>
internal readonly unsafe struct Avx2Int8 : IInt8Instructions
{
    public static string Name => "avx2";

    public static CpuLevel Level => CpuLevel.Avx2;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        // vpmaddubsw would saturate at 255 * 127 * 2, so even and odd bytes are widened and multiplied apart.
        Vector256<short> u = unsigned.AsInt16(), s = signed.AsInt16();
        Vector256<short> evenU = u & Vector256.Create((short)255), oddU = u >>> 8;
        Vector256<short> evenS = (s << 8) >> 8, oddS = s >> 8;
        return sum + Avx2.MultiplyAddAdjacent(evenU, evenS) + Avx2.MultiplyAddAdjacent(oddU, oddS);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4Small(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed) =>
        sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(unsigned, signed), Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Pairs(Vector256<byte> unsigned, Vector256<sbyte> signed) => Avx2.MultiplyAddAdjacent(unsigned, signed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2(Vector256<int> sums, Vector256<short> a, Vector256<short> b) => Dot2InLanes(sums, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2InLanes(Vector256<int> sum, Vector256<short> a, Vector256<short> b) =>
        sum + Avx2.MultiplyAddAdjacent(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Sign(Vector256<sbyte> v, Vector256<sbyte> sign) => Avx2.Sign(v, sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Spread(Vector256<short> v, int lane) =>
        Avx2.Shuffle(v.AsByte(), Vector256.Create((short)((2 * lane) | (((2 * lane) + 1) << 8))).AsByte()).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Sum8(Vector256<int>* v)
    {
        Vector256<int> v0123 = Avx2.HorizontalAdd(Avx2.HorizontalAdd(v[0], v[1]), Avx2.HorizontalAdd(v[2], v[3]));
        Vector256<int> v4567 = Avx2.HorizontalAdd(Avx2.HorizontalAdd(v[4], v[5]), Avx2.HorizontalAdd(v[6], v[7]));
        return Avx2.Permute2x128(v0123, v4567, 0x20) + Avx2.Permute2x128(v0123, v4567, 0x31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose8(int* source, int sourceStride, int* destination, int destinationStride)
    {
        // Columns of 1, then pairs, then fours: unpack 32 bits, unpack 64 bits, exchange 128-bit halves.
        int* s = source;
        Vector256<int> a0 = Vector256.Load(s), a1 = Vector256.Load(s + sourceStride);
        Vector256<int> a2 = Vector256.Load(s + (2 * sourceStride)), a3 = Vector256.Load(s + (3 * sourceStride));
        s += 4 * sourceStride;
        Vector256<int> a4 = Vector256.Load(s), a5 = Vector256.Load(s + sourceStride);
        Vector256<int> a6 = Vector256.Load(s + (2 * sourceStride)), a7 = Vector256.Load(s + (3 * sourceStride));

        (Vector256<long> p0, Vector256<long> q0) = Unpack(a0, a1);
        (Vector256<long> p1, Vector256<long> q1) = Unpack(a2, a3);
        (Vector256<long> p2, Vector256<long> q2) = Unpack(a4, a5);
        (Vector256<long> p3, Vector256<long> q3) = Unpack(a6, a7);

        int* d = destination;
        Exchange(Avx2.UnpackLow(p0, p1), Avx2.UnpackLow(p2, p3), d, 4 * destinationStride);
        Exchange(Avx2.UnpackHigh(p0, p1), Avx2.UnpackHigh(p2, p3), d + destinationStride, 4 * destinationStride);
        Exchange(Avx2.UnpackLow(q0, q1), Avx2.UnpackLow(q2, q3), d + (2 * destinationStride), 4 * destinationStride);
        Exchange(Avx2.UnpackHigh(q0, q1), Avx2.UnpackHigh(q2, q3), d + (3 * destinationStride), 4 * destinationStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<long> Low, Vector256<long> High) Unpack(Vector256<int> a, Vector256<int> b) =>
        (Avx2.UnpackLow(a, b).AsInt64(), Avx2.UnpackHigh(a, b).AsInt64());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exchange(Vector256<long> a, Vector256<long> b, int* destination, int distance)
    {
        Avx2.Permute2x128(a, b, 0x20).AsInt32().Store(destination);
        Avx2.Permute2x128(a, b, 0x31).AsInt32().Store(destination + distance);
    }
}
