using Puna.Compute.Cpu.MatMul.Blocks;
using Puna.Compute.Cpu.MatMul.Floats;
using Puna.Compute.Cpu.MatMul.Formats;
using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>Which kernel multiplies which weights: the one place where element type and instruction set are looked at.</summary>
internal static class MatrixKernels
{
    private static readonly Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> Table = BuildTable();

    /// <summary>The fastest kernel that this process can run, or null if the layout is not supported for the type.</summary>
    internal static MatrixKernel? Best(ElementType type, MatrixLayout layout) => Table.TryGetValue((type, layout), out MatrixKernel[]? kernels) ? kernels[^1] : null;

    /// <summary>All kernels that this process can run, the scalar reference first, the fastest last; empty if there are none.</summary>
    internal static ReadOnlySpan<MatrixKernel> Variants(ElementType type, MatrixLayout layout) => Table.GetValueOrDefault((type, layout));

    private static Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> BuildTable()
    {
        Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> table = [];
        foreach (ElementType type in ElementTypes.All) table[(type, MatrixLayout.OutIn)] = Decoded(type);

        AddFloats<F32Format>(table);
        AddFloats<F16Format>(table);
        AddFloats<BF16Format>(table);

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
        return table;
    }

    private static void AddBlocks<TFormat>(Dictionary<(ElementType, MatrixLayout), MatrixKernel[]> table)
        where TFormat : struct, IBlockFormat
    {
        List<MatrixKernel> kernels = [new BlockReference<TFormat>(), new BlockKernel<TFormat, PortableInt8>()];
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
