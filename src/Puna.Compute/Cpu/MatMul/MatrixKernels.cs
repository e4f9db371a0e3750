using Puna.Compute.Cpu.Assembler;
using Puna.Compute.Cpu.MatMul.Blocks;
using Puna.Compute.Cpu.MatMul.Floats;
using Puna.Compute.Cpu.MatMul.Formats;
using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>Which kernel multiplies which weights: the one place where element type and instruction set are looked at.</summary>
internal static class MatrixKernels
{
    private static readonly Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> Table = BuildTable(MachineCode.SystemPages);

    /// <summary>True where the processor could run assembled kernels, but the system refuses executable memory.</summary>
    internal static bool CodeIsRefused { get; } = CpuFeatures.HasAvx2Code && !CanLoadCode(MachineCode.SystemPages);

    /// <summary>The fastest kernel up to <paramref name="level"/>, or null if the layout is not supported for the type.</summary>
    internal static MatrixKernel? Best(ElementType type, MatrixLayout layout, CpuLevel level)
    {
        ReadOnlySpan<MatrixKernel> kernels = Variants(type, layout);
        for (int i = kernels.Length - 1; i >= 0; i--)
        {
            if (kernels[i].Level <= level) return kernels[i];
        }

        return null;
    }

    /// <summary>All kernels that this process can run, the scalar reference first, the fastest last; empty if there are none.</summary>
    internal static ReadOnlySpan<MatrixKernel> Variants(ElementType type, MatrixLayout layout) => Table.GetValueOrDefault((type, layout));

    /// <summary>The kernels of a process that takes memory for code from <paramref name="pages"/>.</summary>
    internal static Dictionary<(ElementType Type, MatrixLayout Layout), MatrixKernel[]> BuildTable(ICodePages pages)
    {
        Dictionary<(ElementType Type, MatrixLayout Layout), MatrixKernel[]> table = [];
        foreach (ElementType type in ElementTypes.All) table[(type, MatrixLayout.OutIn)] = Decoded(type);

        bool canLoadCode = CpuFeatures.HasAvx2Code && CanLoadCode(pages);
        AddFloats<F32Format>(table);
        AddFloats<F16Format>(table);
        AddFloats<BF16Format>(table);

        if (canLoadCode) AddAssembledFloats(table, CpuLevel.Avx2, pages);
        if (canLoadCode && CpuFeatures.HasAvx512) AddAssembledFloats(table, CpuLevel.Avx512, pages);

        AddBlocks<Q4_0Format>(table);
        AddBlocks<Q4_1Format>(table);
        AddBlocks<Q5_0Format>(table);
        AddBlocks<Q5_1Format>(table);
        AddBlocks<Q8_0Format>(table);
        AddBlocks<Q2_KFormat>(table);
        AddBlocks<Q3_KFormat>(table);
        AddBlocks<Q4_KFormat>(table);
        AddBlocks<Q5_KFormat>(table);
        AddBlocks<Q6_KFormat>(table);
        AddBlocks<IQ4_NLFormat>(table);
        AddBlocks<IQ4_XSFormat>(table);
        if (!canLoadCode) return table;
        AddAssembled(table, CpuLevel.Avx2, pages);
        if (AvxVnniInt8.IsSupported) AddAssembled(table, CpuLevel.AvxVnni, pages);
        if (CpuFeatures.Highest == CpuLevel.Avx512Vnni) AddAssembled(table, CpuLevel.Avx512Vnni, pages);
        return table;
    }

    private static bool CanLoadCode(ICodePages pages)
    {
        const byte Return = 0xC3;
        using MachineCode? code = MachineCode.TryLoad(pages, [Return]);
        return code is not null;
    }

    /// <summary>For every type: those with kernels for blocks replace them.</summary>
    private static void AddAssembledFloats(Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> table, CpuLevel level, ICodePages pages)
    {
        foreach (ElementType type in ElementTypes.All)
        {
            MatrixKernel[] others = table[(type, MatrixLayout.OutIn)];
            table[(type, MatrixLayout.OutIn)] = [.. others, new AssembledFloatKernel(type, CodeTarget.Here(level), pages, Compiled(others, level))];
        }
    }

    private static void AddAssembled(Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> table, CpuLevel level, ICodePages pages)
    {
        foreach (BlockAssembly assembly in BlockAssembly.All(CodeTarget.Here(level)))
        {
            MatrixKernel[] others = table[(assembly.Type, MatrixLayout.OutIn)];
            table[(assembly.Type, MatrixLayout.OutIn)] = [.. others, new AssembledKernel(assembly, pages, Compiled(others, level))];
        }
    }

    /// <summary>The fastest kernel in C# up to a level.</summary>
    private static MatrixKernel Compiled(MatrixKernel[] kernels, CpuLevel level) =>
        kernels.Last(kernel => kernel.Level <= level && kernel is not (AssembledKernel or AssembledFloatKernel));

    private static void AddBlocks<TFormat>(Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> table)
        where TFormat : struct, IBlockFormat
    {
        List<MatrixKernel> kernels = [new BlockReference<TFormat>(), new BlockKernel<TFormat, PortableInt8>()];
        if (ArmDotInt8.IsSupported) kernels.Add(new BlockKernel<TFormat, ArmDotInt8>());
        if (Avx2Int8.IsSupported) kernels.Add(new BlockKernel<TFormat, Avx2Int8>());
        if (AvxVnniInt8.IsSupported) kernels.Add(new BlockKernel<TFormat, AvxVnniInt8>());
        table[(TFormat.Type, MatrixLayout.OutIn)] = [.. kernels];
    }

    private static void AddFloats<TFormat>(Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> table)
        where TFormat : struct, IFloatFormat
    {
        List<MatrixKernel> rows = [new FloatReference(TFormat.Type), new FloatKernel<TFormat, Four128>()];
        List<MatrixKernel> columns = [new TransposedReference<TFormat>(), new TransposedKernel<TFormat, Four128>()];
        if (Two256.IsSupported)
        {
            rows.Add(new FloatKernel<TFormat, Two256>());
            columns.Add(new TransposedKernel<TFormat, Two256>());
        }

        if (One512.IsSupported)
        {
            rows.Add(new FloatKernel<TFormat, One512>());
            columns.Add(new TransposedKernel<TFormat, One512>());
        }

        table[(TFormat.Type, MatrixLayout.OutIn)] = [.. rows];
        table[(TFormat.Type, MatrixLayout.InOut)] = [.. columns];
    }

    private static MatrixKernel[] Decoded(ElementType type)
    {
        List<MatrixKernel> kernels = [new FloatReference(type), new DecodedKernel<Four128>(type)];
        if (Two256.IsSupported) kernels.Add(new DecodedKernel<Two256>(type));
        if (One512.IsSupported) kernels.Add(new DecodedKernel<One512>(type));
        return [.. kernels];
    }
}
