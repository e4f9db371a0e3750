namespace Puna.Compute.Cpu;

/// <summary>
/// Instructions that matrix products may use, each level with those before it. Results do not depend on it; for comparing and
/// for finding faults.
/// </summary>
public enum CpuLevel
{
    /// <summary>128-bit vectors of any processor.</summary>
    Portable,

    /// <summary>Arm64 with dot products of bytes; above it come levels of x64.</summary>
    ArmDot,

    /// <summary>AVX2 and FMA: kernels assembled at run time for the most used quantized weights and for float weights.</summary>
    Avx2,

    /// <summary>AVX2, FMA and 256-bit integer dot products (AVX-VNNI), assembled, too.</summary>
    AvxVnni,

    /// <summary>512-bit vectors for float weights, assembled, too.</summary>
    Avx512,

    /// <summary>AVX-512 with VNNI: kernels assembled at run time with 512-bit vectors for quantized weights, too.</summary>
    Avx512Vnni,
}
