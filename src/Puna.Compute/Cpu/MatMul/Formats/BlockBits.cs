using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>Bit moves that several block formats share. Portable vectors; shifts go through 16-bit lanes, as x86 has no 8-bit shift.</summary>
internal static unsafe class BlockBits
{
    /// <summary>(v >> shift) &amp; mask in every byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Bits(Vector256<byte> v, int shift, byte mask) =>
        (shift == 0 ? v : Vector256.ShiftRightLogical(v.AsUInt16(), shift).AsByte()) & Vector256.Create(mask);

    /// <summary>v &lt;&lt; shift in every byte; no bit may leave its byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Up(Vector256<byte> v, int shift) => Vector256.ShiftLeft(v.AsUInt16(), shift).AsByte();

    /// <summary>Low nibbles of 16 bytes, then high nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> Nibbles(byte* pairs)
    {
        Vector128<byte> v = Vector128.Load(pairs);
        return Vector256.Create(v, Vector128.ShiftRightLogical(v.AsUInt16(), 4).AsByte()) & Vector256.Create((byte)15);
    }

    /// <summary>Bit e of <paramref name="bits"/>, moved to value 16, in byte e.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<byte> FifthBits(uint bits)
    {
        Vector128<byte> all = Vector128.Create(bits).AsByte();
        Vector128<byte> low = Vector128.ShuffleNative(all, Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
        Vector128<byte> high = Vector128.ShuffleNative(all, Vector128.Create((byte)2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3));
        Vector256<byte> bit = Vector256.Create(0x8040_2010_0804_0201UL).AsByte();
        return Vector256.Equals(Vector256.Create(low, high) & bit, bit) & Vector256.Create((byte)16);
    }

    /// <summary>A table of 16 looked up by the nibbles of 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<sbyte> Lookup(Vector128<sbyte> table, byte* pairs)
    {
        Vector128<byte> v = Vector128.Load(pairs);
        Vector128<byte> low = v & Vector128.Create((byte)15);
        Vector128<byte> high = Vector128.ShiftRightLogical(v.AsUInt16(), 4).AsByte() & Vector128.Create((byte)15);
        return Vector256.Create(Vector128.ShuffleNative(table, low.AsSByte()), Vector128.ShuffleNative(table, high.AsSByte()));
    }

    /// <summary>16 bytes in order to 16-bit lanes, even ones in the lower half, odd ones in the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<short> EvenOdd(Vector128<sbyte> v)
    {
        Vector128<short> even = Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(v.AsInt16(), 8), 8);
        return Vector256.Create(even, Vector128.ShiftRightArithmetic(v.AsInt16(), 8));
    }

    /// <summary>8 bytes in order to the 16-bit lanes of both halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<short> Twice(ulong bytes)
    {
        Vector128<short> v = Vector128.WidenLower(Vector128.CreateScalarUnsafe(bytes).AsByte()).AsInt16();
        return Vector256.Create(v, v);
    }
}
