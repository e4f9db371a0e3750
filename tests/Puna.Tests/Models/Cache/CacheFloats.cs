using System.Runtime.InteropServices;
using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Models.Cache;

/// <summary>
/// Writes and reads single keys and values of an F32 cache in main memory, straight from the page layout's description.
/// Every written token gets a mark; the numbers of its layers, heads and components all follow from it.
/// </summary>
internal static unsafe class CacheFloats
{
    public static readonly byte[] ModelHash = [.. Enumerable.Range(1, KvCache.ModelHashBytes).Select(i => (byte)i)];

    /// <summary>Layers 0, 1 and 3 local with <paramref name="chunkSize"/>, layer 2 global; 2 heads of 4 components.</summary>
    public static KvGeometry SmallGeometry(int chunkSize) => new(KvLayerClass.Group([chunkSize, chunkSize, 0, chunkSize]), NKvHeads: 2, HeadDim: 4);

    public static KvCache SmallCache(int chunkSize, int pageTokens, int maxSequences = 4, int keepForRollback = 0, long? limit = null) =>
        new(new CacheOnlyBackend(), SmallGeometry(chunkSize), new KvCacheOptions
        {
            Type = ElementType.F32,
            PageTokens = pageTokens,
            MaxSequences = maxSequences,
            KeepForRollback = keepForRollback,
            MemoryLimit = limit,
        });

    /// <summary>A whole step of one sequence: reserve, write marks, commit.</summary>
    public static void Append(KvCache cache, int slot, params ReadOnlySpan<int> marks)
    {
        Batch batch = new(Math.Max(1, marks.Length));
        for (int i = 0; i < marks.Length; i++) batch.Add(marks[i], cache.NextPos(slot) + i, slot, needsLogits: false);
        cache.Reserve(batch);
        WriteRows(cache, batch);
        cache.Commit(batch);
    }

    /// <summary>Writes the token id of every row as its mark.</summary>
    public static void WriteRows(KvCache cache, Batch batch)
    {
        for (int row = 0; row < batch.Rows; row++)
            for (int layer = 0; layer < cache.Geometry.NLayers; layer++)
                Write(cache, layer, batch.Sequences[row], batch.Positions[row], batch.Tokens[row]);
    }

    /// <summary>Writes a mark in one layer.</summary>
    public static void Write(KvCache cache, int layer, int slot, int pos, int mark) =>
        Visit(cache.LayerOf(layer), slot, pos, (p, part) => *p = Number(mark, layer, part));

    /// <summary>Steps a sequence on, a token at a time, without writing keys or values.</summary>
    public static void AppendUnwritten(KvCache cache, int slot, int count)
    {
        Batch batch = new(1);
        for (; count > 0; count--)
        {
            batch.Clear();
            batch.Add(0, cache.NextPos(slot), slot, needsLogits: false);
            cache.Reserve(batch);
            cache.Commit(batch);
        }
    }

    /// <summary>Sets all bytes of a position's keys and values to one value, in any cache type and where its page is held.</summary>
    public static void FillPosition(KvCache cache, int slot, int pos, byte value)
    {
        foreach (KvLayerClass layerClass in cache.Geometry.Classes)
        {
            KvLayer layer = cache.LayerOf(layerClass.Layers[0]);
            HostKvPool pool = Assert.IsType<HostKvPool>(layer.Pool);
            KvLayout layout = pool.Layout;
            int page = layer.Tables[slot][pos / layout.PageTokens], t = pos % layout.PageTokens;
            if (page == KvPageTable.None) continue;

            int tokenBytes = layout.PartBytes / layout.PageTokens, componentBytes = tokenBytes / layout.HeadDim; // 0 when quantized
            for (int l = 0; l < layout.Layers; l++)
            {
                for (int head = 0; head < layout.NKvHeads; head++)
                {
                    byte* k = pool.PagePointer(page) + layout.KeyOffset(l, head), v = pool.PagePointer(page) + layout.ValueOffset(l, head);
                    if (layout.Type.IsQuantized())
                    {
                        byte[] blocks = new byte[tokenBytes];
                        Array.Fill(blocks, value);
                        new QuantizedPart(layout, k, isKeys: true).Write(t, 0, blocks);
                        new QuantizedPart(layout, v, isKeys: false).Write(t, 0, blocks);
                        continue;
                    }

                    NativeMemory.Fill(v + (t * tokenBytes), (nuint)tokenBytes, value);
                    for (int c = 0; c < layout.HeadDim; c++) NativeMemory.Fill(k + (((c * layout.PageTokens) + t) * componentBytes), (nuint)componentBytes, value);
                }
            }
        }
    }

    /// <summary>Asserts that one layer holds the numbers of <paramref name="mark"/> at a position.</summary>
    public static void AssertHolds(KvCache cache, int layer, int slot, int pos, int mark) =>
        Visit(cache.LayerOf(layer), slot, pos, (p, part) =>
        {
            if (*p != Number(mark, layer, part))
                Assert.Fail($"slot {slot}, layer {layer}, position {pos}, part {part}: {*p} instead of {Number(mark, layer, part)}.");
        });

    private delegate void Visitor(float* p, int part);

    private static float Number(int mark, int layer, int part) => (mark * 64) + (layer * 16) + part; // below 2^24: exact

    private static void Visit(KvLayer layer, int slot, int pos, Visitor visitor)
    {
        HostKvPool pool = Assert.IsType<HostKvPool>(layer.Pool);
        KvLayout layout = pool.Layout;
        int page = layer.Tables[slot][pos / layout.PageTokens], t = pos % layout.PageTokens;
        Assert.True(page != KvPageTable.None, $"slot {slot} has no page for position {pos}");

        byte* bytes = pool.PagePointer(page);
        for (int head = 0; head < layout.NKvHeads; head++)
        {
            float* k = (float*)(bytes + layout.KeyOffset(layer.Layer, head)), v = (float*)(bytes + layout.ValueOffset(layer.Layer, head));
            for (int c = 0; c < layout.HeadDim; c++)
            {
                int part = ((head * layout.HeadDim) + c) * 2;
                visitor(k + (c * layout.PageTokens) + t, part);
                visitor(v + (t * layout.HeadDim) + c, part + 1);
            }
        }
    }

    /// <summary>Fills every page a cache holds memory for, used or free, with bytes that no test writes.</summary>
    public static void Poison(KvCache cache, byte value)
    {
        foreach (KvLayerClass layerClass in cache.Geometry.Classes)
        {
            HostKvPool pool = Assert.IsType<HostKvPool>(cache.LayerOf(layerClass.Layers[0]).Pool);
            for (int page = 0; page < pool.AllocatedPages; page++) NativeMemory.Fill(pool.PagePointer(page), (nuint)pool.Layout.PageBytes, value);
        }
    }
}
