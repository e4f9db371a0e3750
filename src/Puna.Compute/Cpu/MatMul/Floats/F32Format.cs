using System.Runtime.CompilerServices;
using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>IEEE 754 binary32.</summary>
internal readonly unsafe struct F32Format : IFloatFormat
{
    public static ElementType Type => ElementType.F32;

    public static int Bytes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(byte* source) => *(float*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes16<TLanes> => TLanes.Load((float*)source);
}
