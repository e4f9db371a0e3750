namespace Puna.Compute.Cpu.Measuring;

/// <summary>What a processor's arithmetic peak is counted in.</summary>
public enum ArithmeticOperation
{
    /// <summary>Dot products of four pairs of bytes, added to 32-bit sums (VNNI).</summary>
    Int8Dot,

    /// <summary>Fused multiply-adds of float32.</summary>
    FloatFma,

    /// <summary>Dot products of two pairs of bfloat16, added to float32 sums.</summary>
    BFloat16Dot,
}
