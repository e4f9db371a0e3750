using System.Runtime.CompilerServices;
using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>IEEE 754 binary16.</summary>
internal readonly unsafe struct F16Format : IFloatFormat
{
    public static ElementType Type => ElementType.F16;

    public static int Bytes => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(byte* source) => HalfConversion.ToSingle(*(ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes16<TLanes> => TLanes.LoadF16((ushort*)source);
}
