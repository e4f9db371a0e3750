using System.Runtime.Intrinsics;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Cpu.Threading;
using Puna.Compute.Kv;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// y = softmax(q kᵀ scale) v over pages of the cache: divides an op into blocks of rows of one sequence, times key/value
/// heads, and lets the workers take them one by one. What a block computes is in <see cref="AttentionBlock"/>.
/// </summary>
internal sealed unsafe class PagedAttention : IDisposable
{
    /// <summary>Queries of a block: their sums and scores stay in a core's second-level cache beside a tile.</summary>
    private const int MaxQueriesInBlock = 160;

    /// <summary>Products below which the caller is done sooner than a team would have started.</summary>
    private const long MinTeamProducts = 100_000;

    private readonly WorkerTeam _team;
    private readonly AttentionScratch[] _scratches;
    private readonly RowBlocks _blocks = new();

    /// <summary>Attention by a team.</summary>
    public PagedAttention(WorkerTeam team)
    {
        _team = team;
        _scratches = new AttentionScratch[team.Count];
        for (int i = 0; i < _scratches.Length; i++) _scratches[i] = new AttentionScratch();
    }

    /// <summary>Runs the op.</summary>
    /// <exception cref="InvalidOperationException">A page that a row sees is not in the cache.</exception>
    public void Run(in AttentionCall call)
    {
        if (call.Batch.Rows == 0) return;

        int group = call.Spec.NHeads / call.Spec.NKvHeads;
        long products = CountProducts(call);
        int workers = products < MinTeamProducts ? 1 : _team.Count;
        _blocks.Build(call.Batch, MaxRowsInBlock(call, group, workers));
        CheckPages(call);

        int maxQueries = Math.Max(MaxQueriesInBlock, group);
        foreach (AttentionScratch scratch in _scratches) scratch.Ensure(maxQueries, call.Spec.HeadDim, call.Pool.Layout.PageTokens);

        int taken = 0;
        Job job = new(call, _blocks, _scratches, &taken);
        if (workers == 1) job.Run(0, 1);
        else _team.Run(ref job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AttentionScratch scratch in _scratches) scratch.Dispose();
    }

    /// <summary>Whole blocks, unless they would leave workers idle.</summary>
    private static int MaxRowsInBlock(in AttentionCall call, int group, int workers)
    {
        int rows = Math.Max(1, MaxQueriesInBlock / group);
        long wanted = 4L * workers;
        while (workers > 1 && rows > 8 && (call.Batch.Rows + rows - 1) / rows * (long)call.Spec.NKvHeads < wanted) rows /= 2;
        return rows;
    }

    private static long CountProducts(in AttentionCall call)
    {
        long keys = 0;
        ReadOnlySpan<int> positions = call.Batch.Positions, sequences = call.Batch.Sequences;
        for (int r = 0; r < positions.Length; r++) keys += positions[r] - call.FirstKey(call.Layer.Tables[sequences[r]], positions[r]) + 1;
        return keys * call.Spec.NHeads * call.Spec.HeadDim * 2;
    }

    /// <summary>Looks at every page before any work starts, so that a missing one is an error of the caller, not of a worker.</summary>
    private void CheckPages(in AttentionCall call)
    {
        int pageTokens = call.Pool.Layout.PageTokens;
        for (int b = 0; b < _blocks.Count; b++)
        {
            int checkedTo = 0;
            foreach (int row in _blocks.Rows(b))
            {
                int pos = call.Batch.Positions[row], sequence = call.Batch.Sequences[row];
                KvPageTable table = call.Layer.Tables[sequence];
                if (pos < table.FirstPos) KernelThrow.MissingPage(row, pos, sequence);
                for (int page = Math.Max(checkedTo, call.FirstKey(table, pos) / pageTokens); page <= pos / pageTokens; page++)
                {
                    if (table[page] == KvPageTable.None) KernelThrow.MissingPage(row, pos, sequence);
                }

                checkedTo = (pos / pageTokens) + 1;
            }
        }
    }

    private readonly struct Job(AttentionCall call, RowBlocks blocks, AttentionScratch[] scratches, int* taken) : IParallelJob
    {
        /// <inheritdoc/>
        public void Run(int worker, int workers)
        {
            if (Vector512.IsHardwareAccelerated) Run<Lanes512>(worker);
            else if (Vector256.IsHardwareAccelerated) Run<Lanes256>(worker);
            else if (Vector128.IsHardwareAccelerated) Run<Lanes128>(worker);
            else Run<Lanes1>(worker);
        }

        private void Run<T>(int worker)
            where T : struct, ILanes<T>
        {
            int heads = call.Spec.NKvHeads, items = blocks.Count * heads;
            while (true)
            {
                int item = Interlocked.Increment(ref *taken) - 1;
                if (item >= items) return;

                // Later blocks of a prompt see more keys: the long ones first, so that no worker is left with one at the end.
                ReadOnlySpan<int> rows = blocks.Rows(blocks.Count - 1 - (item / heads));
                AttentionBlock.Run<T>(call, rows, item % heads, scratches[worker]);
            }
        }
    }
}
