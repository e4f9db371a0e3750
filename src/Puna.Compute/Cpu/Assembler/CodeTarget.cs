namespace Puna.Compute.Cpu.Assembler;

/// <summary>What a kernel is assembled for.</summary>
/// <param name="Level">Instructions that it may use: <see cref="CpuLevel.Avx2"/> and <see cref="CpuLevel.AvxVnni"/> have 16 registers of 256 bits, higher ones 32 of 512.</param>
/// <param name="IsWindows">Calling convention.</param>
/// <param name="PrefersEvex">
/// Instructions that two sets have in different encodings take that of AVX-512: so an AVX-512 processor runs 256-bit dot products without AVX-VNNI.
/// </param>
internal readonly record struct CodeTarget(CpuLevel Level, bool IsWindows, bool PrefersEvex)
{
    /// <summary>The ordinary code of a level on this system.</summary>
    internal static CodeTarget Here(CpuLevel level) => For(level, OperatingSystem.IsWindows());

    /// <summary>The ordinary code of a level.</summary>
    internal static CodeTarget For(CpuLevel level, bool windows) => new(level, windows, level >= CpuLevel.Avx512);

    /// <summary>Registers have 512 bits.</summary>
    internal bool IsWide => Level >= CpuLevel.Avx512;

    /// <summary>Dot products of bytes and of 16-bit numbers are single instructions.</summary>
    internal bool HasDots => Level is CpuLevel.AvxVnni or CpuLevel.Avx512Vnni;
}
