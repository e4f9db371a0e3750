using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Compute.Cpu.Lanes;

/// <summary>Small integers to float32, a lane each; all are exact.</summary>
internal static unsafe class ByteWidening
{
    /// <summary>Four signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Signed128(sbyte* source)
    {
        Vector128<sbyte> bytes = Vector128.CreateScalarUnsafe(*(uint*)source).AsSByte();
        return Vector128.ConvertToSingle(Sse41.IsSupported ? Sse41.ConvertToVector128Int32(bytes) : Vector128.WidenLower(Vector128.WidenLower(bytes)));
    }

    /// <summary>Eight signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Signed256(sbyte* source)
    {
        Vector128<sbyte> bytes = Vector128.CreateScalarUnsafe(*(ulong*)source).AsSByte();
        if (Avx2.IsSupported) return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(bytes));
        Vector128<short> wide = Vector128.WidenLower(bytes);
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)));
    }

    /// <summary>Sixteen signed bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Signed512(sbyte* source)
    {
        if (Avx512F.IsSupported) return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));
        return Vector512.Create(Signed256(source), Signed256(source + Vector256<float>.Count));
    }

    /// <summary>Four bits of each of four bytes, less 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Nibbles128(byte* source, int shift)
    {
        Vector128<byte> bytes = Vector128.CreateScalarUnsafe(*(uint*)source).AsByte();
        Vector128<int> wide = Sse41.IsSupported ? Sse41.ConvertToVector128Int32(bytes) : Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
        return Vector128.ConvertToSingle(((wide >>> shift) & Vector128.Create(15)) - Vector128.Create(8));
    }

    /// <summary>Four bits of each of eight bytes, less 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Nibbles256(byte* source, int shift)
    {
        if (!Avx2.IsSupported) return Vector256.Create(Nibbles128(source, shift), Nibbles128(source + Vector128<float>.Count, shift));
        Vector256<int> wide = Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(*(ulong*)source).AsByte());
        return Vector256.ConvertToSingle(((wide >>> shift) & Vector256.Create(15)) - Vector256.Create(8));
    }

    /// <summary>Four bits of each of sixteen bytes, less 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Nibbles512(byte* source, int shift)
    {
        if (!Avx512F.IsSupported) return Vector512.Create(Nibbles256(source, shift), Nibbles256(source + Vector256<float>.Count, shift));

        // A permutation looks up a table of 16 floats by the lowest 4 bits of a lane: no mask, subtraction or conversion.
        Vector512<int> wide = Avx512F.ConvertToVector512Int32(Vector128.Load(source));
        Vector512<float> table = Vector512.Create(-8f, -7f, -6f, -5f, -4f, -3f, -2f, -1f, 0f, 1f, 2f, 3f, 4f, 5f, 6f, 7f);
        return Avx512F.PermuteVar16x32(table, wide >>> shift);
    }
}
