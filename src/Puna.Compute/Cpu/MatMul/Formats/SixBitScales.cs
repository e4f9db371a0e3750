using System.Runtime.CompilerServices;

namespace Puna.Compute.Cpu.MatMul.Formats;

/// <summary>The twelve bytes of eight 6-bit scales and mins (Q4_K, Q5_K), all eight at once, a byte each.</summary>
/// <remarks>The layout is described at <see cref="Puna.Tensors.Quantization.PackedScales"/>.</remarks>
internal static unsafe class SixBitScales
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Scales(byte* packed)
    {
        uint first = *(uint*)packed, last = *(uint*)(packed + 8);
        uint upper = (last & 0x0F0F0F0F) | ((first >> 2) & 0x30303030);
        return (first & 0x3F3F3F3F) | ((ulong)upper << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Mins(byte* packed)
    {
        uint middle = *(uint*)(packed + 4), last = *(uint*)(packed + 8);
        uint upper = ((last >> 4) & 0x0F0F0F0F) | ((middle >> 2) & 0x30303030);
        return (middle & 0x3F3F3F3F) | ((ulong)upper << 32);
    }
}
