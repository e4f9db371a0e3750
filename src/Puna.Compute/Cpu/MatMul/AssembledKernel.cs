using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Assembler;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>
/// The formula of <see cref="Blocks.BlockKernel{TFormat, TInt8}"/> by kernels assembled at run time. Up to
/// <see cref="RowAssembly.MaxTokens"/> tokens read weights as they lie; more go through panels of 16 rows, unpacked once for
/// all tokens. Rows after the last 16 go to a kernel in C#. Same integer sums, same chain of fma: same bits.
/// </summary>
internal sealed unsafe class AssembledKernel : MatrixKernel
{
    /// <summary>Panels unpacked together should stay in the second-level cache beside the activations.</summary>
    private const int PanelBudget = 512 * 1024;

    /// <summary>Up to so many tokens panels are made one at a time: while one is multiplied the weights of the next are fetched.</summary>
    private const int FewTokens = 2 * WideTile.Tokens;

    private const int Rows = BlockAssembly.PanelRows;
    private const int SumBytes = WideTile.Tokens * Rows * sizeof(float);

    private readonly BlockAssembly _assembly;
    private readonly CodeLibrary _code;
    private readonly MatrixKernel _rest;

    /// <summary>A kernel for one format.</summary>
    /// <param name="assembly">The format.</param>
    /// <param name="pages">Where code goes.</param>
    /// <param name="rest">Kernel for the rows after the last 16, and for all where no code can be loaded.</param>
    internal AssembledKernel(BlockAssembly assembly, ICodePages pages, MatrixKernel rest) =>
        (_assembly, _code, _rest) = (assembly, new CodeLibrary(assembly, pages), rest);

    public override string Variant => _assembly.Variant;

    public override CpuLevel Level => _assembly.Level;

    public override ActivationForm Form => _rest.Form;

    public override bool ReadsWideTiles => true;

    public override int TokenUnit => WideTile.Tokens;

    public override int OutputUnit(int k, int tokens) =>
        tokens <= FewTokens ? Rows : Rows * (int)Math.Clamp(PanelBudget / PanelBytes(k), 1, 4);

    public override long ScratchBytes(int k, int tokens) =>
        SumBytes + (tokens <= RowAssembly.MaxTokens
        ? RowAssembly.ScratchBytes(_assembly.Shape.BlockLength, k / _assembly.Shape.BlockLength, tokens)
        : OutputUnit(k, tokens) / Rows * PanelBytes(k));

    public override void Run(in MatrixProduct product, in MatrixRegion region, byte* scratch)
    {
        int end = product.Rows <= RowAssembly.MaxTokens ? region.EndOutput : region.EndOutput - (region.Outputs % Rows);
        if (!Run(product, region with { EndOutput = end }, (float*)scratch, scratch + SumBytes)) end = region.FirstOutput;
        if (end == region.EndOutput) return;

        MatrixProduct plain = product;
        plain.Quantized.Tiles = null;
        _rest.Run(plain, region with { FirstOutput = end }, scratch);
    }

    /// <summary>Computes outputs, whole steps of 16 where there are many tokens; false where no code can be loaded.</summary>
    private bool Run(in MatrixProduct product, in MatrixRegion region, float* sums, byte* panels)
    {
        if (region.Outputs == 0) return true;
        if (product.Rows <= RowAssembly.MaxTokens) return RunRows(product, region, sums, panels);

        // All code is loaded before the first sum is stored: products are added to, and must not be added twice.
        int last = region.Tokens % WideTile.Tokens;
        if (_code.Pack() == 0 || (region.Tokens >= WideTile.Tokens && _code.Panel(WideTile.Tokens) == 0) || (last > 0 && _code.Panel(last) == 0)) return false;

        int unit = OutputUnit(product.K, product.Rows);
        for (int first = region.FirstOutput; first < region.EndOutput; first += unit)
            RunPanels(product, region with { FirstOutput = first, EndOutput = Math.Min(first + unit, region.EndOutput) }, sums, panels);
        return true;
    }

    private bool RunRows(in MatrixProduct product, in MatrixRegion region, float* sums, byte* scratch)
    {
        nint code = _code.Rows(product.Rows);
        if (code == 0) return false;

        RowCall call = new() { Stride = product.RowStride, Tile = product.Quantized.WideTiles, Blocks = product.Quantized.Blocks, Scratch = scratch, Sums = sums };
        for (int m = region.FirstOutput; m < region.EndOutput; m += RowAssembly.Rows)
        {
            call.Rows = product.Weight + (m * product.RowStride);
            call.Count = Math.Min(RowAssembly.Rows, region.EndOutput - m);
            ((delegate* unmanaged<RowCall*, void>)code)(&call);
            Store(product, m, (int)call.Count, 0, product.Rows, sums);
        }

        return true;
    }

    private void RunPanels(in MatrixProduct product, in MatrixRegion region, float* sums, byte* panels)
    {
        nint pack = _code.Pack();
        long panelBytes = PanelBytes(product.K), tileBytes = WideTile.Bytes(_assembly.Shape.BlockLength, product.Quantized.Blocks);
        PackCall packing = new() { Stride = product.RowStride, Panel = panels, Blocks = product.Quantized.Blocks };
        for (int m = region.FirstOutput; m < region.EndOutput; m += Rows, packing.Panel += panelBytes)
        {
            packing.Rows = product.Weight + (m * product.RowStride);
            packing.Ahead = m + Rows < region.EndOutput ? packing.Rows + (Rows * product.RowStride) : packing.Rows;
            ((delegate* unmanaged<PackCall*, void>)pack)(&packing);
        }

        PanelCall call = new() { Blocks = product.Quantized.Blocks, Sums = sums };
        for (int token = region.FirstToken; token < region.EndToken; token += WideTile.Tokens)
        {
            int tokens = Math.Min(WideTile.Tokens, region.EndToken - token);
            nint code = _code.Panel(tokens);
            call.Tile = product.Quantized.WideTiles + (token / WideTile.Tokens * tileBytes);
            call.Panel = panels;
            for (int m = region.FirstOutput; m < region.EndOutput; m += Rows, call.Panel += panelBytes)
            {
                // The weights that the next panels are made of are fetched once, by the first tile.
                int next = m + region.Outputs;
                call.Ahead = token == region.FirstToken && next + Rows <= product.M ? product.Weight + (next * product.RowStride) : call.Panel;
                ((delegate* unmanaged<PanelCall*, void>)code)(&call);
                Store(product, m, Rows, token, tokens, sums);
            }
        }
    }

    private long PanelBytes(int k) => (long)(k / _assembly.Shape.BlockLength) * _assembly.Shape.PanelBytes;

    /// <summary>Stores [tokens][16] sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Store(in MatrixProduct product, int firstOutput, int outputs, int firstToken, int tokens, float* sums)
    {
        for (int t = 0; t < tokens; t++, sums += Rows)
        {
            if (product.RowScales is not null || outputs is not (Rows or RowAssembly.Rows))
            {
                product.Store(firstToken + t, firstOutput, sums, outputs);
                continue;
            }

            float* y = product.Y + ((long)(firstToken + t) * product.YStride) + firstOutput;
            for (int i = 0; i < outputs; i += RowAssembly.Rows)
            {
                Vector256<float> sum = Vector256.Load(sums + i);
                if (product.Accumulate) sum = Vector256.Load(y + i) + sum;
                sum.Store(y + i);
            }
        }
    }
}
