using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.MatMul.Blocks;
using Puna.Compute.Cpu.Threading;
using Puna.Tensors;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>
/// Products of activations with weights of any element type: rounds the activations once for each form that a kernel
/// reads, then lets the team claim slices of all products.
/// </summary>
/// <remarks>
/// The bits of an output depend on its weight row and its activation row alone (see <see cref="BlockKernel{TFormat, TInt8}"/>
/// and <see cref="Floats.FloatReference"/> for the order of operations). Serves one caller at a time.
/// </remarks>
internal sealed unsafe class CpuMatMul(WorkerTeam team, CpuLevel level) : IDisposable
{
    private const string Op = "MatMul";

    private readonly QuantizedActivations _q8_0 = new(ActivationForm.Q8_0), _q8_K = new(ActivationForm.Q8_K);
    private readonly NativeScratch _kernelScratch = new(), _halves = new();
    private GroupedProduct[] _grouped = [];
    private RowGroup[] _groups = [];
    private PlannedProduct[] _plan = [];
    private int _planned, _nextSlice;

    private struct PlannedProduct
    {
        public MatrixKernel Kernel;
        public MatrixProduct Product;
        public ProductSlices Slices;
    }

    /// <summary>For each projection, y = x Wᵀ or y += x Wᵀ over the first <paramref name="rows"/> rows.</summary>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    /// <exception cref="NotSupportedException">No kernel reads a weight's type and layout.</exception>
    public void Run(HostActivations x, int rows, ReadOnlySpan<Projection> projections)
    {
        if (rows == 0) return;
        if (_grouped.Length < projections.Length) Array.Resize(ref _grouped, projections.Length);
        for (int i = 0; i < projections.Length; i++)
        {
            Projection projection = projections[i];
            if (projection.Output is not HostActivations output)
            {
                KernelThrow.ForeignActivations(Op, projection.Output.GetType());
                return;
            }

            _grouped[i] = new GroupedProduct(projection.Weight, 0, rows, output, projection.Accumulate);
        }

        RowGroup all = new(0, rows);
        Run(x, new ReadOnlySpan<RowGroup>(in all), _grouped.AsSpan(0, projections.Length));
        Array.Clear(_grouped, 0, projections.Length); // do not keep weights and activations alive
    }

    /// <summary>Runs products over different groups of rows, such as those of different experts, as one job.</summary>
    /// <param name="x">[rows, K].</param>
    /// <param name="groups">The groups of rows that occur; disjoint, in increasing order.</param>
    /// <param name="products">Products, each over one of the groups.</param>
    internal void Run(HostActivations x, ReadOnlySpan<RowGroup> groups, ReadOnlySpan<GroupedProduct> products)
    {
        if (products.IsEmpty || groups.IsEmpty) return;

        bool q8_0 = false, q8_K = false, half = false;
        Tiling tiling32 = default, tiling256 = default;
        long scratch = 0;
        if (_plan.Length < products.Length) Array.Resize(ref _plan, products.Length);
        for (int i = 0; i < products.Length; i++)
        {
            Plan(x, products[i], ref _plan[i]);
            MatrixKernel kernel = _plan[i].Kernel;
            q8_0 |= kernel.Form == ActivationForm.Q8_0;
            q8_K |= kernel.Form == ActivationForm.Q8_K;
            half |= RoundsToHalf(products[i].Weight);
            if (kernel.Form == ActivationForm.Q8_0) tiling32.Add(kernel);
            else if (kernel.Form == ActivationForm.Q8_K) tiling256.Add(kernel);
            scratch = Math.Max(scratch, kernel.ScratchBytes(_plan[i].Product.K, products[i].Rows));
        }

        QuantizedRows rounded32 = q8_0 ? Round(_q8_0, x, groups, tiling32) : default, rounded256 = q8_K ? Round(_q8_K, x, groups, tiling256) : default;
        float* halves = half ? RoundToHalf(x, groups) : null;
        for (int i = 0; i < products.Length; i++)
        {
            if (RoundsToHalf(products[i].Weight))
            {
                _plan[i].Product.X = halves + ((long)products[i].FirstRow * x.Width);
                _plan[i].Product.XStride = x.Width;
            }

            if (_plan[i].Kernel.Form == ActivationForm.Float32) continue;

            ref readonly QuantizedRows rounded = ref _plan[i].Kernel.Form == ActivationForm.Q8_0 ? ref rounded32 : ref rounded256;
            int row = products[i].FirstRow;
            _plan[i].Product.Quantized = rounded.From(row, products[i].Rows >= QuantizedActivations.TileFromRows, FirstWideTile(groups, row));
        }

        scratch = (scratch + 63) & ~63L;
        MultiplyJob job = new(this, _kernelScratch.Reserve(scratch * team.Count), scratch);
        (_planned, _nextSlice) = (products.Length, 0);
        team.Run(ref job);
        Array.Clear(_plan, 0, products.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _q8_0.Dispose();
        _q8_K.Dispose();
        _kernelScratch.Dispose();
        _halves.Dispose();
    }

    /// <summary>
    /// A quantizer leaves matrices in F16 whose rows do not divide into blocks. Their activations are rounded as its other
    /// ones are, to the type of the weights, whatever else the file holds; those of F16 matrices of whole blocks stay exact.
    /// </summary>
    private static bool RoundsToHalf(Tensor weight) =>
        weight is { Type: ElementType.F16, Layout: MatrixLayout.OutIn } && weight.K % ElementType.Q8_0.BlockLength() != 0;

    /// <summary>The rows of the groups, each value the nearest half, or itself where that is infinite; [rows, width] without gaps.</summary>
    private float* RoundToHalf(HostActivations x, ReadOnlySpan<RowGroup> groups)
    {
        RowGroup last = groups[^1];
        float* halves = (float*)_halves.Reserve((long)(last.First + last.Count) * x.Width * sizeof(float));
        foreach (RowGroup group in groups)
        {
            for (int row = group.First; row < group.First + group.Count; row++)
            {
                float* from = x.Pointer + ((long)row * x.Stride), to = halves + ((long)row * x.Width);
                for (int i = 0; i < x.Width; i++)
                {
                    float value = (float)(Half)from[i];
                    to[i] = float.IsInfinity(value) ? from[i] : value;
                }
            }
        }

        return halves;
    }

    private void Plan(HostActivations x, in GroupedProduct grouped, ref PlannedProduct planned)
    {
        Tensor weight = grouped.Weight;
        HostActivations y = grouped.Output;
        int endRow = grouped.FirstRow + grouped.Rows;
        if (endRow > x.MaxRows) KernelThrow.Rows(Op, "x", endRow, x.MaxRows);
        if (endRow > y.MaxRows) KernelThrow.Rows(Op, "the output", endRow, y.MaxRows);
        if (weight.K != x.Width) KernelThrow.Shape(Op, $"the input width of {weight.Name}", weight.K, x.Width);
        if (weight.M != y.Width) KernelThrow.Shape(Op, $"the output width of {weight.Name}", weight.M, y.Width);
        if (ReferenceEquals(x, y)) throw new ArgumentException($"{Op}: the output of {weight.Name} is its input. Use other activations.");

        MatrixKernel? kernel = MatrixKernels.Best(weight.Type, weight.Layout, level);
        if (kernel is null)
        {
            KernelThrow.WeightType(Op, weight);
            return;
        }

        if (weight.RowScales is { } scales)
        {
            if (scales.Type != ElementType.F32) KernelThrow.WeightType(Op, scales);
            if (scales.Elements != weight.M) KernelThrow.Shape(Op, $"the number of row scales of {weight.Name}", scales.Elements, weight.M);
        }

        planned.Kernel = kernel;
        planned.Product = new MatrixProduct
        {
            Weight = weight.Data,
            RowStride = weight.RowStride,
            K = weight.K,
            M = weight.M,
            RowScales = weight.RowScales is null ? null : (float*)weight.RowScales.Data,
            Rows = grouped.Rows,
            X = x.Pointer + ((long)grouped.FirstRow * x.Stride),
            XStride = x.Stride,
            Y = y.Pointer + ((long)grouped.FirstRow * y.Stride),
            YStride = y.Stride,
            Accumulate = grouped.Accumulate,
        };
        planned.Slices = new ProductSlices(planned.Product, kernel, weight.RowBytes * weight.Rows, team.Count);
    }

    private QuantizedRows Round(QuantizedActivations activations, HostActivations x, ReadOnlySpan<RowGroup> groups, Tiling tiling)
    {
        if (_groups.Length < groups.Length) Array.Resize(ref _groups, groups.Length);
        groups.CopyTo(_groups);

        bool tiled = false;
        int parts = 0;
        foreach (RowGroup group in groups)
        {
            tiled |= group.Count >= QuantizedActivations.TileFromRows;
            parts += WideTile.Count(group.Count);
        }

        RowGroup last = groups[^1];
        QuantizedRows view = activations.Reserve(last.First + last.Count, x.Width, tiled && tiling.Narrow, tiling.Wide ? parts : 0);
        RoundJob job = new(this, x, view, groups.Length, parts);
        if (parts == 1) job.Run(0, 1); // not worth waking the team
        else team.Run(ref job);

        return view;
    }

    /// <summary>The wide tile that a group begins: groups follow each other, each in tiles of its own.</summary>
    private static int FirstWideTile(ReadOnlySpan<RowGroup> groups, int firstRow)
    {
        int tile = 0;
        foreach (RowGroup group in groups)
        {
            if (group.First == firstRow) break;
            tile += WideTile.Count(group.Count);
        }

        return tile;
    }

    /// <summary>Claims slices until none is left.</summary>
    private void Multiply(byte* scratch)
    {
        int product = 0, first = 0;
        while (true)
        {
            int slice = Interlocked.Increment(ref _nextSlice) - 1;
            while (product < _planned && slice >= first + _plan[product].Slices.Count) first += _plan[product++].Slices.Count;
            if (product == _planned) return;

            ref readonly PlannedProduct planned = ref _plan[product];
            planned.Kernel.Run(planned.Product, planned.Slices[slice - first], scratch);
        }
    }

    private readonly struct MultiplyJob(CpuMatMul owner, byte* scratch, long scratchBytes) : IParallelJob
    {
        private readonly byte* _scratch = scratch;

        public void Run(int worker, int workers) => owner.Multiply(_scratch + (worker * scratchBytes));
    }

    /// <summary>Which tiles the kernels of a form read.</summary>
    private struct Tiling
    {
        public bool Narrow, Wide;

        public void Add(MatrixKernel kernel)
        {
            Narrow |= !kernel.ReadsWideTiles;
            Wide |= kernel.ReadsWideTiles;
        }
    }

    /// <summary>Rounds activations; the parts of all groups are shared out in order.</summary>
    private readonly struct RoundJob(CpuMatMul owner, HostActivations x, QuantizedRows view, int groups, int parts) : IParallelJob
    {
        public void Run(int worker, int workers)
        {
            (int first, int end) = WorkerTeam.Share(parts, 1, worker, workers);
            int passed = 0;
            foreach (RowGroup group in owner._groups.AsSpan(0, groups))
            {
                int count = WideTile.Count(group.Count);
                for (int part = Math.Max(first - passed, 0); part < Math.Min(end - passed, count); part++)
                    QuantizedActivations.Fill(view, x.Pointer, x.Stride, group, part, passed + part);

                passed += count;
            }
        }
    }
}
