using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Attention;
using Puna.Compute.Cpu.Disentangled;
using Puna.Compute.Cpu.Embedding;
using Puna.Compute.Cpu.Experts;
using Puna.Compute.Cpu.MatMul;
using Puna.Compute.Cpu.Norm;
using Puna.Compute.Cpu.Rope;
using Puna.Compute.Cpu.Threading;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Compute.Cpu;

/// <summary>
/// Ops on the CPU by vector kernels and a team of threads. This class checks operands and chooses between the team and
/// the caller's thread; what an op computes is in the folder of its family.
/// </summary>
public sealed unsafe partial class CpuBackend
{
    /// <summary>Elements of a simple op that one thread finishes in less time than a team takes to start and meet again.</summary>
    private const long MinTeamElements = 16_384;

    private readonly WorkerTeam _team;
    private readonly PagedAttention _attention;
    private readonly CpuMatMul _matMul;
    private readonly CpuExperts _experts;
    private readonly DisentangledAttention _disentangled;

    /// <summary>Starts the threads.</summary>
    /// <param name="options">How to run, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">The thread count is below 1.</exception>
    public CpuBackend(CpuBackendOptions? options = null)
    {
        Threads = options?.Threads ?? ProcessorTopology.UsableCores();
        if (Threads < 1) throw new ArgumentOutOfRangeException(nameof(options), Threads, "The CPU backend needs at least 1 thread.");

        _team = new WorkerTeam(Threads);
        _attention = new PagedAttention(_team);
        Level = options?.Level is { } most && most < CpuFeatures.Highest ? most : CpuFeatures.Highest;
        _matMul = new CpuMatMul(_team, Level);
        _experts = new CpuExperts(_team, _matMul);
        _disentangled = new DisentangledAttention(_team);
    }

    /// <inheritdoc/>
    public string Name => "cpu";

    /// <summary>Threads of an op.</summary>
    public int Threads { get; }

    /// <summary>Instructions that matrix products use.</summary>
    public CpuLevel Level { get; }

    /// <summary>What the user should know about how this backend runs, or null.</summary>
    public string? Notice => MatrixKernels.CodeIsRefused && Level >= CpuLevel.Avx2
        ? "The system refuses executable memory, so the kernels for this processor cannot be assembled; slower ones run instead, with the same results."
        : null;

    /// <inheritdoc/>
    public Activations Allocate(int maxRows, int width) => new HostActivations(maxRows, width);

    /// <inheritdoc/>
    public KvPool CreateKvPool(KvLayout layout) => new HostKvPool(layout);

    /// <inheritdoc/>
    public void Embed(Tensor table, Batch batch, Activations y)
    {
        HostActivations output = Host(nameof(Embed), "the output", y, batch.Rows);
        if (table.Layout != MatrixLayout.OutIn) KernelThrow.WeightType(nameof(Embed), table);
        CheckWidth(nameof(Embed), "the output width", output.Width, table.Shape[0]);
        for (int r = 0; r < batch.Rows; r++)
        {
            if ((uint)batch.Tokens[r] >= (ulong)table.Rows) KernelThrow.TokenOutOfRange(r, batch.Tokens[r], table.Rows);
        }

        RunRows(new EmbedJob(table, batch, output), batch.Rows, output.Width);
    }

    /// <inheritdoc/>
    public void RmsNorm(Activations x, Tensor weight, float eps, Activations y, int rows)
    {
        HostActivations input = Host(nameof(RmsNorm), "the input", x, rows), output = Host(nameof(RmsNorm), "the output", y, rows);
        if (weight.Type != ElementType.F32) KernelThrow.WeightType(nameof(RmsNorm), weight);
        CheckWidth(nameof(RmsNorm), "the output width", output.Width, input.Width);
        CheckWidth(nameof(RmsNorm), "the length of the weight", weight.Elements, input.Width);

        RunRows(new RmsNormJob(input, (nint)weight.Data, eps, output, rows), rows, input.Width);
    }

    /// <inheritdoc/>
    public void MatMul(Activations x, int rows, ReadOnlySpan<Projection> projections) =>
        _matMul.Run(Host(nameof(MatMul), "the input", x, rows), rows, projections);

    /// <inheritdoc/>
    public void FillRope(RopeTable rope, Batch batch, Activations angles)
    {
        HostActivations output = Host(nameof(FillRope), "the angles", angles, batch.Rows);
        CheckWidth(nameof(FillRope), "the width of the angles", output.Width, rope.Dimensions);

        RunRows(new FillRopeJob(rope, batch, output), batch.Rows, 16L * rope.Dimensions); // a sine costs some 16 products
    }

    /// <inheritdoc/>
    public void RopeQkNorm(Activations q, Activations k, int rows, int headDim, RopeTable rope, Activations angles, float? qkNormEps)
    {
        HostActivations queries = Host(nameof(RopeQkNorm), "q", q, rows), keys = Host(nameof(RopeQkNorm), "k", k, rows);
        HostActivations turns = Host(nameof(RopeQkNorm), "the angles", angles, rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(headDim, 1);
        CheckWidth(nameof(RopeQkNorm), "the width of the angles", turns.Width, rope.Dimensions);
        if (queries.Width % headDim != 0) KernelThrow.NotMultiple(nameof(RopeQkNorm), "the width of q", queries.Width, headDim);
        if (keys.Width % headDim != 0) KernelThrow.NotMultiple(nameof(RopeQkNorm), "the width of k", keys.Width, headDim);
        if (rope.Dimensions > headDim) KernelThrow.Shape(nameof(RopeQkNorm), "the number of rotated components", rope.Dimensions, headDim);

        RunRows(new RotateJob(queries, keys, rows, headDim, rope, turns, qkNormEps), rows, queries.Width + keys.Width);
    }

    /// <inheritdoc/>
    public void ScaleQueries(Activations q, Batch batch, TemperatureTuning tuning)
    {
        HostActivations queries = Host(nameof(ScaleQueries), "q", q, batch.Rows);
        for (int r = 0; r < batch.Rows; r++)
        {
            float factor = tuning.Factor(batch.Positions[r]);
            if (factor != 1f) Scaling.Run(queries.Row(r), factor);
        }
    }

    /// <inheritdoc/>
    public void WriteKv(Activations k, Activations v, Batch batch, in KvLayer layer)
    {
        HostActivations keys = Host(nameof(WriteKv), "k", k, batch.Rows), values = Host(nameof(WriteKv), "v", v, batch.Rows);
        HostKvPool pool = Pool(nameof(WriteKv), layer, batch);
        CheckWidth(nameof(WriteKv), "the width of k", keys.Width, pool.Layout.NKvHeads * pool.Layout.HeadDim);
        CheckWidth(nameof(WriteKv), "the width of v", values.Width, keys.Width);
        for (int r = 0; r < batch.Rows; r++)
        {
            int page = layer.Tables[batch.Sequences[r]][batch.Positions[r] / pool.Layout.PageTokens];
            if (page == KvPageTable.None) KernelThrow.MissingPage(r, batch.Positions[r], batch.Sequences[r]);
            if (pool.Layout.Type == ElementType.F32) continue;

            float limit = pool.Layout.Type == ElementType.F16 ? HalfConversion.Overflow : float.PositiveInfinity;
            if (!MagnitudeCheck.AllBelow(keys.Row(r), limit)) KernelThrow.CacheOverflow("key", r, batch.Positions[r], pool.Layout.Type);
            if (!MagnitudeCheck.AllBelow(values.Row(r), limit)) KernelThrow.CacheOverflow("value", r, batch.Positions[r], pool.Layout.Type);
        }

        RunRows(new KvWriteJob(keys, values, batch, layer, pool), batch.Rows, 2L * keys.Width);
    }

    /// <inheritdoc/>
    public void Attention(Activations q, Batch batch, in KvLayer layer, in AttentionSpec spec, Activations y)
    {
        HostActivations queries = Host(nameof(Attention), "q", q, batch.Rows), output = Host(nameof(Attention), "the output", y, batch.Rows);
        HostKvPool pool = Pool(nameof(Attention), layer, batch);
        CheckWidth(nameof(Attention), "the number of key/value heads", spec.NKvHeads, pool.Layout.NKvHeads);
        CheckWidth(nameof(Attention), "the head dimension", spec.HeadDim, pool.Layout.HeadDim);
        if (spec.NHeads % spec.NKvHeads != 0) KernelThrow.NotMultiple(nameof(Attention), "the number of query heads", spec.NHeads, spec.NKvHeads);
        CheckWidth(nameof(Attention), "the width of q", queries.Width, spec.NHeads * spec.HeadDim);
        CheckWidth(nameof(Attention), "the output width", output.Width, queries.Width);
        if (ReferenceEquals(queries, output)) throw new ArgumentException("Attention: the output must not be q.", nameof(y));

        _attention.Run(new AttentionCall(queries, batch, layer, pool, spec, output));
    }

    /// <inheritdoc/>
    public void SwiGlu(Activations gate, Activations up, Activations y, int rows)
    {
        HostActivations output = Host(nameof(SwiGlu), "the output", y, rows);
        HostActivations g = Host(nameof(SwiGlu), "gate", gate, rows), u = Host(nameof(SwiGlu), "up", up, rows);
        CheckWidth(nameof(SwiGlu), "the width of gate", g.Width, output.Width);
        CheckWidth(nameof(SwiGlu), "the width of up", u.Width, output.Width);

        SwiGluJob job = new(g, u, output, rows);
        if (rows * (long)output.Width < MinTeamElements) job.Run(0, 1);
        else _team.Run(ref job);
    }

    /// <inheritdoc/>
    public void Experts(Activations x, int rows, ExpertWeights experts, Activations y) =>
        _experts.Run(Host(nameof(Experts), "the input", x, rows), rows, experts, Host(nameof(Experts), "the output", y, rows));

    /// <inheritdoc/>
    public void Gather(Activations x, ReadOnlySpan<int> rows, Activations y)
    {
        HostActivations input = Host(nameof(Gather), "the input", x, 0), output = Host(nameof(Gather), "the output", y, rows.Length);
        CheckWidth(nameof(Gather), "the output width", output.Width, input.Width);
        for (int i = 0; i < rows.Length; i++) input.Row(rows[i]).CopyTo(output.Row(i));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Read(Activations x, int row) => Host(nameof(Read), "the input", x, 0).Row(row);

    /// <summary>Ends the threads and frees working memory; activations and pools are their owners'.</summary>
    public void Dispose()
    {
        _team.Dispose();
        _attention.Dispose();
        _experts.Dispose();
        _disentangled.Dispose();
        _matMul.Dispose();
    }

    /// <summary>Runs a job that divides its rows, on the team if that pays.</summary>
    private void RunRows<TJob>(TJob job, int rows, long elementsPerRow)
        where TJob : struct, IParallelJob
    {
        if (rows < 2 || rows * elementsPerRow < MinTeamElements) job.Run(0, 1);
        else _team.Run(ref job);
    }

    private static HostActivations Host(string op, string what, Activations x, int rows)
    {
        if (x is not HostActivations host)
        {
            KernelThrow.ForeignActivations(op, x.GetType());
            return null;
        }

        if ((uint)rows > (uint)host.MaxRows) KernelThrow.Rows(op, what, rows, host.MaxRows);
        return host;
    }

    private static HostKvPool Pool(string op, in KvLayer layer, Batch batch)
    {
        if (layer.Pool is not HostKvPool pool)
        {
            KernelThrow.ForeignPool(op, layer.Pool.GetType());
            return null;
        }

        if ((uint)layer.Layer >= (uint)pool.Layout.Layers) KernelThrow.LayerOutOfRange(op, layer.Layer, pool.Layout.Layers);
        for (int r = 0; r < batch.Rows; r++)
        {
            if (batch.Sequences[r] >= layer.Tables.Length) KernelThrow.SequenceOutOfRange(op, r, batch.Sequences[r], layer.Tables.Length);
        }

        return pool;
    }

    private static void CheckWidth(string op, string what, long actual, long expected)
    {
        if (actual != expected) KernelThrow.Shape(op, what, actual, expected);
    }
}
