using System.Runtime.CompilerServices;
using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>bfloat16, the upper half of a binary32.</summary>
internal readonly unsafe struct BF16Format : IFloatFormat
{
    public static ElementType Type => ElementType.BF16;

    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(byte* source) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)source << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes16<TLanes> => TLanes.LoadBF16((ushort*)source);
}
