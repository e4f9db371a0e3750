using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.Threading;

namespace Puna.Compute.Cpu.Experts;

/// <summary>
/// A mixture of experts: for each chosen expert e of a row, in increasing e, y += FFN_e(sigmoid(r_e) x) with
/// r = x Routerᵀ and FFN(x) = (silu(x Gateᵀ) * (x Upᵀ)) Downᵀ.
/// </summary>
/// <remarks>
/// Rows are grouped by expert, so that each expert's weights are read once a call, and the products of all experts are
/// one job. An expert's output for a row depends on that row alone and is added in a fixed order: grouping changes no bit.
/// Source: Meta llama-models, models/llama4/moe.py. Serves one caller at a time.
/// </remarks>
internal sealed class CpuExperts(WorkerTeam team, CpuMatMul matMul) : IDisposable
{
    private const string Op = "Experts";

    private readonly ExpertRouting _routing = new();
    private HostActivations? _logits, _input, _gate, _up, _down;
    private GroupedProduct[] _products = [];
    private RowGroup[] _groups = [];

    /// <summary>Adds the experts' outputs for the first <paramref name="rows"/> rows of x to y.</summary>
    /// <param name="x">[rows, D].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="experts">Router and experts.</param>
    /// <param name="y">[rows, D]; not <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public void Run(HostActivations x, int rows, ExpertWeights experts, HostActivations y)
    {
        if (rows == 0) return;
        Check(x, rows, experts, y);

        HostActivations logits = Room(ref _logits, rows, experts.Count);
        matMul.Run(x, rows, [new Projection(experts.Router, logits)]);
        _routing.Choose(logits, rows, experts.TopK);

        HostActivations input = Room(ref _input, _routing.Slots, x.Width);
        RunTeam(new ScaleJob(_routing, x, input));

        HostActivations gate = Room(ref _gate, _routing.Slots, experts.IntermediateSize), up = Room(ref _up, _routing.Slots, experts.IntermediateSize);
        HostActivations down = Room(ref _down, _routing.Slots, y.Width);
        int active = _routing.Active;
        if (_groups.Length < active) Array.Resize(ref _groups, active);
        if (_products.Length < 2 * active) Array.Resize(ref _products, 2 * active);
        for (int i = 0; i < active; i++)
        {
            (int expert, RowGroup group) = _routing[i];
            _groups[i] = group;
            _products[2 * i] = new GroupedProduct(experts.Gate[expert], group.First, group.Count, gate, false);
            _products[(2 * i) + 1] = new GroupedProduct(experts.Up[expert], group.First, group.Count, up, false);
        }

        matMul.Run(input, _groups.AsSpan(0, active), _products.AsSpan(0, 2 * active));
        RunTeam(new SwiGluJob(gate, up, gate, _routing.Slots));
        for (int i = 0; i < active; i++)
        {
            (int expert, RowGroup group) = _routing[i];
            _products[i] = new GroupedProduct(experts.Down[expert], group.First, group.Count, down, false);
        }

        matMul.Run(gate, _groups.AsSpan(0, active), _products.AsSpan(0, active));
        Array.Clear(_products); // do not keep weights alive
        RunTeam(new AddJob(_routing, down, y));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _logits?.Dispose();
        _input?.Dispose();
        _gate?.Dispose();
        _up?.Dispose();
        _down?.Dispose();
    }

    private static void Check(HostActivations x, int rows, ExpertWeights experts, HostActivations y)
    {
        if (rows > x.MaxRows) KernelThrow.Rows(Op, "x", rows, x.MaxRows);
        if (rows > y.MaxRows) KernelThrow.Rows(Op, "the output", rows, y.MaxRows);
        if (ReferenceEquals(x, y)) throw new ArgumentException($"{Op}: the output is the input. Use other activations.");
        if (experts.Up.Length != experts.Count) KernelThrow.Shape(Op, "the number of up matrices", experts.Up.Length, experts.Count);
        if (experts.Down.Length != experts.Count) KernelThrow.Shape(Op, "the number of down matrices", experts.Down.Length, experts.Count);
        if (experts.TopK < 1 || experts.TopK > experts.Count) KernelThrow.Shape(Op, "the number of experts a token", experts.TopK, experts.Count);
    }

    /// <summary>Activations of at least so many rows, kept between calls.</summary>
    private static HostActivations Room(ref HostActivations? kept, int rows, int width)
    {
        if (kept is not null && kept.MaxRows >= rows && kept.Width == width) return kept;

        int grown = kept is not null && kept.Width == width ? Math.Max(rows, 2 * kept.MaxRows) : rows;
        kept?.Dispose();
        kept = null;
        return kept = new HostActivations(grown, width);
    }

    private void RunTeam<TJob>(TJob job)
        where TJob : struct, IParallelJob => team.Run(ref job);

    /// <summary>input[slot] = score * x[row of slot].</summary>
    private readonly struct ScaleJob(ExpertRouting routing, HostActivations x, HostActivations input) : IParallelJob
    {
        public void Run(int worker, int workers)
        {
            (int first, int end) = WorkerTeam.Share(x.Width, 16, worker, workers);
            for (int i = 0; i < routing.Active; i++)
            {
                RowGroup group = routing[i].Group;
                for (int slot = group.First; slot < group.First + group.Count; slot++)
                {
                    Span<float> scaled = input.Row(slot)[first..end];
                    x.Row(routing.Row(slot))[first..end].CopyTo(scaled);
                    Scaling.Run(scaled, routing.Score(slot));
                }
            }
        }
    }

    /// <summary>y[row of slot] += down[slot]. Slots are in order of experts, and workers share columns, so a row's sum has one order.</summary>
    private readonly struct AddJob(ExpertRouting routing, HostActivations down, HostActivations y) : IParallelJob
    {
        public void Run(int worker, int workers)
        {
            (int first, int end) = WorkerTeam.Share(y.Width, 16, worker, workers);
            for (int i = 0; i < routing.Active; i++)
            {
                RowGroup group = routing[i].Group;
                for (int slot = group.First; slot < group.First + group.Count; slot++) Summing.Add(y.Row(routing.Row(slot))[first..end], down.Row(slot)[first..end]);
            }
        }
    }
}
