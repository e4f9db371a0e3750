using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Models.Cache;

namespace Puna.Tests.Models.Cache;

/// <summary>Random lives of many sequences against the plainest model there is: a list of what was written.</summary>
public sealed class KvCachePagingTests
{
    private const int Slots = 6;

    private sealed record Sequence(int FirstPos, List<int> Marks)
    {
        public int NextPos => FirstPos + Marks.Count;
    }

    // Chunks that are, divide, are divided by, and have nothing to do with pages; page size 1; no chunk; a window kept.
    [Theory]
    [InlineData(12, 4, 0)]
    [InlineData(4, 12, 0)]
    [InlineData(10, 4, 0)]
    [InlineData(7, 16, 3)]
    [InlineData(5, 1, 0)]
    [InlineData(1, 3, 2)]
    [InlineData(0, 4, 0)]
    [InlineData(13, 5, 9)]
    public void Every_visible_position_reads_back_what_its_own_sequence_wrote(int chunkSize, int pageTokens, int keepForRollback)
    {
        for (int seed = 0; seed < 40; seed++) Live(chunkSize, pageTokens, keepForRollback, new Random(seed));
    }

    private static void Live(int chunkSize, int pageTokens, int keepForRollback, Random random)
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize, pageTokens, Slots, keepForRollback);
        Dictionary<int, Sequence> alive = [];
        Batch batch = new(64);
        int mark = 0;
        for (int step = 0; step < 60; step++)
        {
            int slot = alive.Count == 0 ? -1 : alive.Keys.ElementAt(random.Next(alive.Count));
            switch (random.Next(12))
            {
                case 0 when alive.Count < Slots:
                    int firstPos = random.Next(3) == 0 ? random.Next(10_000_000) : random.Next(3);
                    alive.Add(cache.Open(firstPos), new Sequence(firstPos, []));
                    break;
                case 1 when slot >= 0 && alive.Count < Slots:
                    alive.Add(cache.Fork(slot), alive[slot] with { Marks = [.. alive[slot].Marks] });
                    break;
                case 2 when slot >= 0:
                    cache.Close(slot);
                    alive.Remove(slot);
                    break;
                case 3 or 4 when slot >= 0:
                    Truncate(cache, slot, alive[slot], random);
                    break;
                default:
                    Step(cache, alive, batch, random, ref mark);
                    break;
            }

            foreach ((int s, Sequence sequence) in alive) AssertReads(cache, s, sequence, keepForRollback);
            AssertCounts(cache, alive.Keys);
        }

        foreach (int slot in alive.Keys) cache.Close(slot);
        Assert.Equal(0, cache.UsedBytes);
        AssertCounts(cache, []);
    }

    private static void Step(KvCache cache, Dictionary<int, Sequence> alive, Batch batch, Random random, ref int mark)
    {
        batch.Clear();
        Dictionary<int, int> next = alive.ToDictionary(a => a.Key, a => a.Value.NextPos);
        for (int row = random.Next(20); row > 0 && alive.Count > 0; row--) // rows of sequences mixed at random
        {
            int slot = alive.Keys.ElementAt(random.Next(alive.Count));
            batch.Add(mark++, next[slot]++, slot, needsLogits: false);
        }

        cache.Reserve(batch);
        for (int row = 0; row < batch.Rows; row++)
        {
            foreach (KvLayerClass layerClass in cache.Geometry.Classes)
            {
                KvLayer layer = cache.LayerOf(layerClass.Layers[0]);
                int page = layer.Tables[batch.Sequences[row]][batch.Positions[row] / cache.Options.PageTokens];
                Assert.Equal(1, layer.Pool.References(page));
            }
        }

        CacheFloats.WriteRows(cache, batch);
        if (random.Next(6) == 0) return; // the pass failed: what it wrote counts for nothing

        cache.Commit(batch);
        for (int row = 0; row < batch.Rows; row++) alive[batch.Sequences[row]].Marks.Add(batch.Tokens[row]);
    }

    private static void Truncate(KvCache cache, int slot, Sequence sequence, Random random)
    {
        int wanted = sequence.FirstPos + random.Next(sequence.Marks.Count + 1);
        int point = cache.RollbackPoint(slot, wanted);
        Assert.InRange(point, sequence.FirstPos, wanted);
        if (point != wanted)
        {
            KvRollbackException e = Assert.Throws<KvRollbackException>(() => cache.Truncate(slot, wanted));
            Assert.Equal((slot, wanted, point), (e.Slot, e.Requested, e.RollbackPoint));
            Assert.True(e.Earliest > wanted);
            Assert.Equal(sequence.NextPos, cache.NextPos(slot));
        }

        cache.Truncate(slot, point);
        sequence.Marks.RemoveRange(point - sequence.FirstPos, sequence.NextPos - point);
        Assert.Equal(point, cache.NextPos(slot));
    }

    private static void AssertReads(KvCache cache, int slot, Sequence sequence, int keepForRollback)
    {
        Assert.Equal(sequence.Marks.Count, cache.Length(slot));
        foreach (KvLayerClass layerClass in cache.Geometry.Classes)
        {
            for (int pos = Math.Max(sequence.FirstPos, layerClass.ChunkStart(sequence.NextPos)); pos < sequence.NextPos; pos++)
                foreach (int layer in layerClass.Layers) CacheFloats.AssertHolds(cache, layer, slot, pos, sequence.Marks[pos - sequence.FirstPos]);
        }

        // Whatever can be gone back to must be readable too.
        int back = sequence.NextPos - Math.Min(sequence.Marks.Count, keepForRollback + 3);
        if (cache.RollbackPoint(slot, back) != back) return;
        foreach (KvLayerClass layerClass in cache.Geometry.Classes)
        {
            for (int pos = Math.Max(sequence.FirstPos, layerClass.ChunkStart(back)); pos < back; pos++)
                foreach (int layer in layerClass.Layers) CacheFloats.AssertHolds(cache, layer, slot, pos, sequence.Marks[pos - sequence.FirstPos]);
        }
    }

    // A page has as many references as tables name it, and no page is in use that no table names.
    private static void AssertCounts(KvCache cache, IEnumerable<int> slots)
    {
        foreach (KvLayerClass layerClass in cache.Geometry.Classes)
        {
            KvLayer layer = cache.LayerOf(layerClass.Layers[0]);
            Dictionary<int, int> named = [];
            foreach (int slot in slots)
            {
                KvPageTable table = layer.Tables[slot];
                for (int number = table.FirstPage; number < table.EndPage; number++)
                    named[table[number]] = named.GetValueOrDefault(table[number]) + 1;
            }

            Assert.Equal(named.Count, layer.Pool.UsedPages);
            Assert.All(named, page => Assert.Equal(page.Value, layer.Pool.References(page.Key)));
        }
    }
}
