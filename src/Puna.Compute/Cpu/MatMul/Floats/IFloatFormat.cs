using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul.Floats;

/// <summary>A plain number format that kernels widen to float32 as they read it.</summary>
internal unsafe interface IFloatFormat
{
    static abstract ElementType Type { get; }

    /// <summary>Bytes of a number.</summary>
    static abstract int Bytes { get; }

    /// <summary>One number.</summary>
    static abstract float Value(byte* source);

    /// <summary>Sixteen numbers.</summary>
    static abstract TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes16<TLanes>;
}
