using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Models.Cache;
using Puna.Tensors;

namespace Puna.Tests.Models.Cache;

public sealed class KvCacheTests
{
    private const int Global = 2, Local = 0; // layers of CacheFloats.SmallGeometry

    [Theory]
    [InlineData(8191, 0, 8191)]
    [InlineData(8192, 8192, 0)]
    [InlineData(8193, 8192, 1)]
    public void A_chunk_is_dropped_when_the_next_token_begins_a_new_one(int length, int visibleFrom, int localPositions)
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 8192, pageTokens: 64);
        int slot = cache.Open();
        CacheFloats.Append(cache, slot, [.. Enumerable.Range(0, length)]);

        Assert.Equal(length, cache.Length(slot));
        Assert.Equal((localPositions + 63) / 64, cache.LayerOf(Local).Pool.UsedPages);
        Assert.Equal((length + 63) / 64, cache.LayerOf(Global).Pool.UsedPages);
        for (int pos = visibleFrom; pos < length; pos++) CacheFloats.AssertHolds(cache, Local, slot, pos, pos);
        for (int pos = 0; pos < length; pos++) CacheFloats.AssertHolds(cache, Global, slot, pos, pos);
    }

    [Fact]
    public void A_page_on_the_border_of_two_chunks_stays_until_both_are_finished()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 10, pageTokens: 4);
        int slot = cache.Open();
        CacheFloats.Append(cache, slot, [.. Enumerable.Range(0, 10)]);
        Assert.Equal(2, cache.LayerOf(Local).Tables[slot].FirstPage); // positions 8 to 11
        Assert.Equal(1, cache.LayerOf(Local).Pool.UsedPages);

        CacheFloats.Append(cache, slot, [.. Enumerable.Range(10, 9)]);
        Assert.Equal(2, cache.LayerOf(Local).Tables[slot].FirstPage);

        CacheFloats.Append(cache, slot, 19);
        Assert.Equal(5, cache.LayerOf(Local).Tables[slot].FirstPage);
        Assert.Equal(0, cache.LayerOf(Local).Pool.UsedPages);
    }

    [Fact]
    public void A_sequence_that_begins_late_takes_pages_only_from_there_on()
    {
        const int firstPos = 10_000_001; // in the middle of a page and of a chunk
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 8192, pageTokens: 64);
        int slot = cache.Open(firstPos);
        CacheFloats.Append(cache, slot, 7, 8, 9);

        Assert.Equal((firstPos, firstPos + 3, 3), (cache.FirstPos(slot), cache.NextPos(slot), cache.Length(slot)));
        Assert.Equal(firstPos, cache.LayerOf(Local).Tables[slot].FirstPos);
        Assert.Equal(1, cache.LayerOf(Local).Pool.UsedPages);
        Assert.Equal(1, cache.LayerOf(Global).Pool.UsedPages);
        for (int i = 0; i < 3; i++)
            for (int layer = 0; layer < 4; layer++) CacheFloats.AssertHolds(cache, layer, slot, firstPos + i, 7 + i);
    }

    [Fact]
    public void A_fork_shares_all_pages_until_one_side_writes()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 0, pageTokens: 4);
        int slot = cache.Open();
        CacheFloats.Append(cache, slot, 0, 1, 2, 3, 4, 5);
        long alone = cache.UsedBytes;
        int fork = cache.Fork(slot);
        Assert.Equal(alone, cache.UsedBytes);

        CacheFloats.Append(cache, fork, 60);
        CacheFloats.Append(cache, slot, 61);
        KvLayer layer = cache.LayerOf(Global);
        Assert.Equal(3, layer.Pool.UsedPages); // one full page shared, one partly filled each
        Assert.Equal(layer.Tables[slot][0], layer.Tables[fork][0]);
        CacheFloats.AssertHolds(cache, Global, fork, 6, 60);
        CacheFloats.AssertHolds(cache, Global, slot, 6, 61);
        CacheFloats.AssertHolds(cache, Global, fork, 5, 5);

        cache.Close(slot);
        CacheFloats.AssertHolds(cache, Global, fork, 0, 0);
        cache.Close(fork);
        Assert.Equal(0, cache.UsedBytes);
    }

    [Fact]
    public void The_last_of_many_forks_to_write_keeps_the_shared_page_and_the_limit_knows()
    {
        KvPlan plan = new(CacheFloats.SmallGeometry(0), ElementType.F32, 4);
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 0, pageTokens: 4, limit: 4 * plan.BytesAt(1));
        int slot = cache.Open();
        CacheFloats.Append(cache, slot, 0);
        int[] slots = [slot, cache.Fork(slot), cache.Fork(slot), cache.Fork(slot)];

        Batch batch = new(4);
        foreach (int s in slots) batch.Add(10 + s, 1, s, needsLogits: false);
        cache.Reserve(batch); // three copies, not four
        CacheFloats.WriteRows(cache, batch);
        cache.Commit(batch);

        Assert.Equal(cache.Options.MemoryLimit, cache.AllocatedBytes);
        foreach (int s in slots)
        {
            CacheFloats.AssertHolds(cache, Global, s, 0, 0);
            CacheFloats.AssertHolds(cache, Global, s, 1, 10 + s);
        }
    }

    [Fact]
    public void A_fork_does_not_take_pages_reserved_for_rows_that_were_never_committed()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 0, pageTokens: 4);
        int slot = cache.Open();
        Batch batch = BatchOf(slot, 0, 9);
        cache.Reserve(batch);
        int fork = cache.Fork(slot);
        Assert.Equal(0, cache.LayerOf(Global).Tables[fork].EndPage);
        Assert.Equal(3, cache.LayerOf(Global).Pool.UsedPages);

        cache.Truncate(slot, 0); // gives them back
        Assert.Equal(0, cache.UsedBytes);
    }

    [Fact]
    public void Going_back_into_a_dropped_chunk_is_refused_with_the_places_that_are_left()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 10, pageTokens: 4);
        int slot = cache.Open();
        for (int i = 0; i < 35; i++) CacheFloats.Append(cache, slot, i);

        KvRollbackException e = Assert.Throws<KvRollbackException>(() => cache.Truncate(slot, 27));
        Assert.Equal((27, 30, 20), (e.Requested, e.Earliest, e.RollbackPoint));
        Assert.Equal("Sequence 0 cannot go back to position 27: its chunk was finished and dropped. " +
            "It can go back to any position from 30 on, or to 20 and be computed again from there.", e.Message);
        Assert.Equal(35, cache.Length(slot));

        cache.Truncate(slot, 31);
        cache.Truncate(slot, 20); // the start of a chunk needs nothing of what was dropped
        CacheFloats.Append(cache, slot, 120, 121);
        CacheFloats.AssertHolds(cache, Local, slot, 20, 120);
        CacheFloats.AssertHolds(cache, Global, slot, 19, 19);
        Assert.Equal(10, cache.RollbackPoint(slot, 19)); // same page as 20, but its contents are gone
        cache.Truncate(slot, 0);
        Assert.Equal(0, cache.UsedBytes);
    }

    [Fact]
    public void A_window_kept_for_rollback_can_be_taken_back_across_a_chunk_edge()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 10, pageTokens: 4, keepForRollback: 4);
        int slot = cache.Open();
        for (int i = 0; i < 40; i++)
        {
            CacheFloats.Append(cache, slot, i);
            for (int back = 0; back <= 4; back++)
                Assert.Equal(Math.Max(0, i + 1 - back), cache.RollbackPoint(slot, i + 1 - back));
        }

        cache.Truncate(slot, 36);
        Assert.Equal(31, cache.RollbackPoint(slot, 31));
        for (int pos = 30; pos < 36; pos++) CacheFloats.AssertHolds(cache, Local, slot, pos, pos);

        cache.FreeFinished(slot, keepForRollback: 0);
        Assert.Equal(20, cache.RollbackPoint(slot, 25));
    }

    [Fact]
    public void Rows_must_continue_their_sequence()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 8, pageTokens: 4);
        int slot = cache.Open(100);
        CacheFloats.Append(cache, slot, 1, 2);
        foreach ((int first, int second, int badRow) in new[] { (101, 102, 0), (103, 104, 0), (102, 104, 1), (102, 102, 1) })
        {
            Batch batch = new(2);
            batch.Add(0, first, slot, needsLogits: false);
            batch.Add(0, second, slot, needsLogits: false);
            KvPositionException e = Assert.Throws<KvPositionException>(() => cache.Reserve(batch));
            Assert.Equal((badRow, slot, badRow == 0 ? first : second, 102 + badRow), (e.Row, e.Slot, e.Position, e.Expected));
        }

        Assert.Equal(2, cache.Length(slot));
        Assert.Equal(1, cache.LayerOf(Global).Pool.UsedPages);
    }

    [Fact]
    public void A_batch_is_reserved_before_it_is_committed_and_committed_once()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 8, pageTokens: 4);
        int slot = cache.Open();
        Batch batch = BatchOf(slot, 0, 3);
        Assert.Throws<InvalidOperationException>(() => cache.Commit(batch));

        cache.Reserve(batch);
        cache.Reserve(batch); // a repeated pass reserves nothing new
        Assert.Equal(1, cache.LayerOf(Global).Pool.UsedPages);
        cache.Commit(batch);
        Assert.Throws<KvPositionException>(() => cache.Commit(batch));
        Assert.Equal(3, cache.Length(slot));
    }

    [Fact]
    public void Slots_that_are_not_open_are_named()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 8, pageTokens: 4, maxSequences: 2);
        foreach (int slot in new[] { -1, 0, 2 })
        {
            Assert.False(cache.IsOpen(slot));
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Length(slot));
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Fork(slot));
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Close(slot));
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.Truncate(slot, 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => cache.FreeFinished(slot));
        }

        Assert.Equal([0, 1], [cache.Open(), cache.Open()]);
        KvCacheFullException e = Assert.Throws<KvCacheFullException>(() => cache.Fork(1));
        Assert.Equal(("sequences", 1L, 2L, 2L), (e.Unit, e.Needed, e.Used, e.Limit));
        cache.Close(0);
        Assert.Equal(0, cache.Open());
    }

    [Fact]
    public void The_memory_limit_refuses_a_whole_batch_and_changes_nothing()
    {
        long page = new KvPlan(CacheFloats.SmallGeometry(8), ElementType.F32, 4).BytesAt(1); // one of each class
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 8, pageTokens: 4, limit: 3 * page);
        int a = cache.Open(), b = cache.Open();
        CacheFloats.Append(cache, a, 1, 2, 3, 4, 5);

        Batch batch = new(8);
        batch.Add(0, 5, a, needsLogits: false);
        for (int pos = 0; pos < 5; pos++) batch.Add(0, pos, b, needsLogits: false);
        KvCacheFullException e = Assert.Throws<KvCacheFullException>(() => cache.Reserve(batch));
        Assert.Equal(("bytes", 2 * page, 2 * page, 3 * page), (e.Unit, e.Needed, e.Used, e.Limit));
        Assert.Equal(2 * page, cache.UsedBytes);
        Assert.Equal(2 * page, cache.AllocatedBytes);

        CacheFloats.Append(cache, b, 9, 9, 9, 9); // exactly the limit
        Assert.Equal(3 * page, cache.AllocatedBytes);
        cache.Close(a);
        CacheFloats.Append(cache, b, 9, 9); // a free page is not new memory
        Assert.Equal(3 * page, cache.AllocatedBytes);
    }

    [Fact]
    public void A_pool_that_cannot_grow_leaves_no_page_behind()
    {
        CacheOnlyBackend backend = new(counting: true) { FailAtPage = 3 };
        using KvCache cache = new(backend, CacheFloats.SmallGeometry(64), new KvCacheOptions { Type = ElementType.F32, PageTokens = 4 });
        int slot = cache.Open();
        Assert.Throws<OutOfMemoryException>(() => cache.Reserve(BatchOf(slot, 0, 16)));
        Assert.Equal(0, cache.UsedBytes);

        Batch batch = BatchOf(slot, 0, 12);
        cache.Reserve(batch);
        cache.Commit(batch);
        Assert.Equal(12, cache.Length(slot));
    }

    [Fact]
    public void Decoding_allocates_nothing_on_the_managed_heap()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 50, pageTokens: 4);
        Batch batch = new(4);
        for (int warmUp = 0; warmUp < 2; warmUp++)
        {
            int a = cache.Open(), b = cache.Open();
            cache.EnsureCapacity(a, 1000);
            cache.EnsureCapacity(b, 1000);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int pos = 0; pos < 1000; pos++)
            {
                batch.Clear();
                batch.Add(0, pos, a, needsLogits: true);
                batch.Add(0, pos, b, needsLogits: true);
                cache.Reserve(batch);
                cache.Commit(batch);
            }

            // The first round grows the pools; the second finds their pages free.
            if (warmUp == 1) Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            cache.Close(a);
            cache.Close(b);
        }
    }

    [Fact]
    public void Positions_end_before_they_overflow()
    {
        using KvCache cache = CacheFloats.SmallCache(chunkSize: 8, pageTokens: 4);
        int slot = cache.Open(int.MaxValue - 1);
        CacheFloats.Append(cache, slot, 5);
        Assert.Equal(int.MaxValue, cache.NextPos(slot));
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Reserve(BatchOf(slot, int.MaxValue, 1)));
    }

    [Fact]
    public void Layers_are_grouped_by_how_long_their_keys_live()
    {
        KvLayerClass[] classes = KvLayerClass.Group([8192, 8192, 8192, 0, 8192, 0]);
        Assert.Equal([8192, 0], classes.Select(c => c.ChunkSize));
        Assert.Equal([0, 1, 2, 4], classes[0].Layers);
        Assert.Equal([3, 5], classes[1].Layers);
    }

    public static TheoryData<KvLayerClass[], string> BadClasses => new()
    {
        { [], "at least one layer" },
        { [new([0, 1], 0), new([1], 8)], "two classes" },
        { [new([0, 2], 0)], "outside" },
        { [new([0], -1)], "chunk" },
        { [new([0], 0), new([], 8)], "no layers" },
    };

    [Theory, MemberData(nameof(BadClasses))]
    public void Layer_classes_must_divide_the_layers_among_them(KvLayerClass[] classes, string message)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new KvCache(new CacheOnlyBackend(), new KvGeometry(classes, 2, 4), new KvCacheOptions()));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private static Batch BatchOf(int slot, int firstPos, int rows)
    {
        Batch batch = new(rows);
        for (int row = 0; row < rows; row++) batch.Add(0, firstPos + row, slot, needsLogits: false);
        return batch;
    }
}
