using System.Runtime.Intrinsics.X86;
using Puna.Compute.Cpu.MatMul.Blocks;
using Puna.Compute.Cpu.MatMul.Floats;

namespace Puna.Compute.Cpu;

/// <summary>What this process may run. Instruction sets that were switched off in the runtime count as missing.</summary>
internal static class CpuFeatures
{
    private const int StructuredFeatures = 7, VnniBit = 11, BFloat16Bit = 5, F16CBit = 29;

    /// <summary>The highest level that this process can run.</summary>
    internal static CpuLevel Highest { get; } = HasAvx512Vnni ? CpuLevel.Avx512Vnni
        : One512.IsSupported ? CpuLevel.Avx512
        : MatMul.Blocks.AvxVnniInt8.IsSupported ? CpuLevel.AvxVnni
        : Avx2Int8.IsSupported ? CpuLevel.Avx2
        : ArmDotInt8.IsSupported ? CpuLevel.ArmDot
        : CpuLevel.Portable;

    /// <summary>512-bit dot products of bfloat16.</summary>
    internal static bool HasAvx512BFloat16 =>
        X86Base.X64.IsSupported && Avx512F.IsSupported && X86Base.CpuId(StructuredFeatures, 0).Eax >= 1 && (X86Base.CpuId(StructuredFeatures, 1).Eax & (1 << BFloat16Bit)) != 0;

    /// <summary>AVX2 as assembled kernels use it, with fused multiply-add and half precision.</summary>
    internal static bool HasAvx2Code =>
        X86Base.X64.IsSupported && Highest >= CpuLevel.Avx2 && Avx2Int8.IsSupported && (X86Base.CpuId(1, 0).Ecx & (1 << F16CBit)) != 0;

    /// <summary>AVX-512 as kernels for float weights use it.</summary>
    internal static bool HasAvx512 => X86Base.X64.IsSupported && Highest >= CpuLevel.Avx512 && Avx512F.IsSupported && Avx512DQ.IsSupported && Fma.IsSupported;

    private static bool HasAvx512Vnni =>
        X86Base.X64.IsSupported && Avx512F.IsSupported && Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512BW.VL.IsSupported
        && Avx512DQ.IsSupported && Fma.IsSupported && (X86Base.CpuId(StructuredFeatures, 0).Ecx & (1 << VnniBit)) != 0;
}
