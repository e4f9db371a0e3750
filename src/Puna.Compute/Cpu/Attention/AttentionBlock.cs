using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Kv;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// Attention of a block of rows of one sequence over one key/value head. For each query, tile by tile in order of
/// position (a tile is a page), with s the scores of the tile, m the maximum and l, o the sums so far:
/// <code>
/// m' = max(m, max s)    p = exp(s - m')    f = exp(m - m')    l = f l + Σ p    o = f o + Σ p v    …    y = o / l
/// </code>
/// A query's numbers depend on its own keys only, and each of its sums has one order, so that a row gives the same bits in
/// any block, as prefill and as decode.
/// </summary>
/// <remarks>Source: Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al., FlashAttention, 2022.</remarks>
internal static unsafe class AttentionBlock
{
    /// <summary>Up to so many queries, elements are decoded by the kernels: more would decode each key again.</summary>
    private const int MaxQueriesInPlace = TileKernel.QueriesAtOnce;

    /// <summary>Computes the block's part of y.</summary>
    /// <param name="call">The whole op.</param>
    /// <param name="rows">Rows of one sequence in increasing position.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="scratch">Memory of the calling worker.</param>
    public static void Run<T>(in AttentionCall call, ReadOnlySpan<int> rows, int head, AttentionScratch scratch)
        where T : struct, ILanes<T>
    {
        AttentionSpec spec = call.Spec;
        ReadOnlySpan<int> positions = call.Batch.Positions;
        KvPageTable table = call.Layer.Tables[call.Batch.Sequences[rows[0]]];
        KvLayout layout = call.Pool.Layout;
        int group = spec.NHeads / spec.NKvHeads, pageTokens = layout.PageTokens;
        Start(call, rows, head, group, scratch);

        int firstActive = 0;
        int lastPage = positions[rows[^1]] / pageTokens;
        for (int page = call.FirstKey(table, positions[rows[0]]) / pageTokens; page <= lastPage; page++)
        {
            // Both ends of what a row sees grow with its position, so the rows that see some of the page are neighbours.
            int firstPos = page * pageTokens, endActive = firstActive;
            while (positions[rows[firstActive]] < firstPos) firstActive++;
            for (endActive = firstActive; endActive < rows.Length; endActive++)
            {
                if (call.FirstKey(table, positions[rows[endActive]]) >= firstPos + pageTokens) break;
            }

            if (endActive == firstActive) continue; // between two chunks

            bool inPlace = rows.Length * group <= MaxQueriesInPlace;
            KvTile tile = KvTile.Read<T>(layout, call.Pool.PagePointer(table[page]), call.Layer.Layer, head, inPlace, scratch);
            byte* next = page < lastPage && inPlace && table[page + 1] != KvPageTable.None
                ? call.Pool.PagePointer(table[page + 1]) + layout.KeyOffset(call.Layer.Layer, head)
                : (byte*)tile.Keys.Data;
            Tile<T> work = new(tile, (nint)next, scratch, group, spec);
            bool allSeeAll = scratch.NKeys == pageTokens
                && call.FirstKey(table, positions[rows[endActive - 1]]) <= firstPos
                && positions[rows[firstActive]] >= firstPos + pageTokens - 1;

            work.Score(firstActive, endActive);
            if (allSeeAll)
            {
                work.Weigh(firstActive, endActive);
                work.Add(firstActive, endActive, 0, pageTokens);
                continue;
            }

            for (int r = firstActive; r < endActive; r++)
            {
                int first = Math.Max(call.FirstKey(table, positions[rows[r]]) - firstPos, 0);
                int end = Math.Min(positions[rows[r]] - firstPos + 1, pageTokens);
                work.Hide(r, first, end);
                work.Weigh(r, r + 1);
                work.Add(r, r + 1, first, end);
            }
        }

        Finish<T>(call, rows, head, group, scratch);
    }

    private static void Start(in AttentionCall call, ReadOnlySpan<int> rows, int head, int group, AttentionScratch scratch)
    {
        int queries = rows.Length * group;
        for (int v = 0; v < queries; v++)
        {
            int headDim = call.Spec.HeadDim, queryHead = (head * group) + (v % group);
            float* query = call.Queries.Pointer + ((long)rows[v / group] * call.Queries.Stride) + (queryHead * headDim);
            new ReadOnlySpan<float>(query, headDim).CopyTo(new Span<float>(scratch.Queries + ((long)v * headDim), headDim));
        }

        new Span<float>(scratch.Maxima, queries).Fill(float.NegativeInfinity);
        new Span<float>(scratch.Totals, queries * LaneSum.Lanes).Clear();
        new Span<float>(scratch.Sums, queries * scratch.Width).Clear();
    }

    private static void Finish<T>(in AttentionCall call, ReadOnlySpan<int> rows, int head, int group, AttentionScratch scratch)
        where T : struct, ILanes<T>
    {
        int headDim = call.Spec.HeadDim;
        for (int v = 0; v < rows.Length * group; v++)
        {
            float total = LaneSum.Reduce(scratch.Totals + (v * LaneSum.Lanes));
            float* sums = scratch.Sums + ((long)v * scratch.Width);
            int queryHead = (head * group) + (v % group);
            float* y = call.Output.Pointer + ((long)rows[v / group] * call.Output.Stride) + (queryHead * headDim);

            int d = 0;
            for (; d <= headDim - T.Count; d += T.Count) T.Store(T.Load(sums + d) / T.Create(total), y + d);
            for (; d < headDim; d++) y[d] = sums[d] / total;
        }
    }

    /// <summary>The steps on one tile, for the queries of rows [first, end) of the block.</summary>
    private readonly struct Tile<T>(KvTile tile, nint next, AttentionScratch scratch, int group, AttentionSpec spec)
        where T : struct, ILanes<T>
    {
        public void Score(int first, int end)
        {
            int v = first * group, queries = (end - first) * group;
            TileProduct product = new()
            {
                X = scratch.Queries + ((long)v * spec.HeadDim),
                XStride = spec.HeadDim,
                Part = tile.Keys,
                EndRow = spec.HeadDim,
                Y = scratch.Scores + ((long)v * scratch.NKeys),
                Scale = spec.Scale,
                Next = (byte*)tile.Values.Data,
            };
            switch (tile.Form)
            {
                case TileForm.Single: TileKernel.Run<T, SingleElements, ScoreProduct>(product, queries); break;
                case TileForm.Half: TileKernel.Run<T, HalfElements, ScoreProduct>(product, queries); break;
                case TileForm.Byte: TileKernel.Run<T, KeyBytes, ScoreProduct>(product, queries); break;
                default: TileKernel.Run<T, KeyNibbles, ScoreProduct>(product, queries); break;
            }
        }

        /// <summary>Gives the keys outside [firstKey, endKey) the weight 0: whatever lies there, even NaN, is not seen.</summary>
        public void Hide(int row, int firstKey, int endKey)
        {
            for (int v = row * group; v < (row + 1) * group; v++)
            {
                Span<float> scores = new(scratch.Scores + ((long)v * scratch.NKeys), scratch.NKeys);
                scores[..firstKey].Fill(float.NegativeInfinity);
                scores[endKey..].Fill(float.NegativeInfinity);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
        public void Weigh(int first, int end)
        {
            int nKeys = scratch.NKeys;
            for (int v = first * group; v < end * group; v++)
            {
                float* scores = scratch.Scores + ((long)v * nKeys);
                T largest = T.Load(scores);
                for (int j = T.Count; j < nKeys; j += T.Count) largest = T.Max(largest, T.Load(scores + j));

                float before = scratch.Maxima[v];
                float maximum = MathF.Max(before, T.MaxLane(largest));
                float factor = maximum == before ? 1f : VectorExp.Exp(before - maximum);
                scratch.Maxima[v] = maximum;
                scratch.Factors[v] = factor;

                // Key j adds to sum j mod 16, in every width.
                T shift = T.Create(maximum), scale = T.Create(factor);
                float* totals = scratch.Totals + (v * LaneSum.Lanes);
                for (int lane = 0; lane < LaneSum.Lanes; lane += T.Count)
                {
                    T total = T.Load(totals + lane) * scale;
                    for (int j = lane; j < nKeys; j += LaneSum.Lanes)
                    {
                        T weight = VectorExp.Exp(T.Load(scores + j) - shift);
                        T.Store(weight, scores + j);
                        total += weight;
                    }

                    T.Store(total, totals + lane);
                }
            }
        }

        public void Add(int first, int end, int firstKey, int endKey)
        {
            int v = first * group, queries = (end - first) * group;
            TileProduct product = new()
            {
                X = scratch.Scores + ((long)v * scratch.NKeys),
                XStride = scratch.NKeys,
                Part = tile.Values,
                FirstRow = firstKey,
                EndRow = endKey,
                Y = scratch.Sums + ((long)v * scratch.Width),
                Factors = scratch.Factors + v,
                Next = (byte*)next,
            };
            switch (tile.Form)
            {
                case TileForm.Single: TileKernel.Run<T, SingleElements, SumProduct>(product, queries); break;
                case TileForm.Half: TileKernel.Run<T, HalfElements, SumProduct>(product, queries); break;
                case TileForm.Byte: TileKernel.Run<T, ValueBytes, SumProduct>(product, queries); break;
                default: TileKernel.Run<T, ValueNibbles, SumProduct>(product, queries); break;
            }
        }
    }
}
