using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul.Blocks;

/// <summary>Portable vectors: products in 16-bit or 32-bit lanes after shifting odd and even bytes apart.</summary>
internal readonly unsafe struct PortableInt8 : IInt8Instructions
{
    public static string Name => "portable";

    public static CpuLevel Level => CpuLevel.Portable;

    public static bool IsSupported => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        Vector256<int> u = unsigned.AsInt32(), s = signed.AsInt32();
        Vector256<int> mask = Vector256.Create(255);
        sum += (u & mask) * ((s << 24) >> 24);
        sum += ((u >>> 8) & mask) * ((s << 16) >> 24);
        sum += ((u >>> 16) & mask) * ((s << 8) >> 24);
        return sum + ((u >>> 24) * (s >> 24));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot4Small(Vector256<int> sum, Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        Vector256<int> pairs = Pairs(unsigned, signed).AsInt32();
        return sum + ((pairs << 16) >> 16) + (pairs >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Pairs(Vector256<byte> unsigned, Vector256<sbyte> signed)
    {
        Vector256<short> u = unsigned.AsInt16(), s = signed.AsInt16();
        return ((u & Vector256.Create((short)255)) * ((s << 8) >> 8)) + ((u >>> 8) * (s >> 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2(Vector256<int> sums, Vector256<short> a, Vector256<short> b) => Dot2InLanes(sums, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Dot2InLanes(Vector256<int> sum, Vector256<short> a, Vector256<short> b)
    {
        Vector256<int> x = a.AsInt32(), y = b.AsInt32();
        return sum + (((x << 16) >> 16) * ((y << 16) >> 16)) + ((x >> 16) * (y >> 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Sign(Vector256<sbyte> v, Vector256<sbyte> sign)
    {
        Vector256<sbyte> negative = Vector256.LessThan(sign, Vector256<sbyte>.Zero);
        return Vector256.AndNot((v ^ negative) - negative, Vector256.Equals(sign, Vector256<sbyte>.Zero));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Spread(Vector256<short> v, int lane) =>
        Vector256.Create(Vector128.Create(v.GetLower().GetElement(lane)), Vector128.Create(v.GetUpper().GetElement(lane)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Sum8(Vector256<int>* v) => Vector256.Create(
        Vector256.Sum(v[0]), Vector256.Sum(v[1]), Vector256.Sum(v[2]), Vector256.Sum(v[3]),
        Vector256.Sum(v[4]), Vector256.Sum(v[5]), Vector256.Sum(v[6]), Vector256.Sum(v[7]));

    public static void Transpose8(int* source, int sourceStride, int* destination, int destinationStride)
    {
        for (int r = 0; r < 8; r++)
        {
            for (int c = 0; c < 8; c++) destination[(c * destinationStride) + r] = source[(r * sourceStride) + c];
        }
    }
}
