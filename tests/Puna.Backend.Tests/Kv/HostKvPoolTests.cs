using Puna.Backend.Tests.Ops;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Backend.Tests.Kv;

/// <summary>Runs alone, as it counts the allocations of the whole process.</summary>
[Collection(nameof(AllocationTests))]
public sealed unsafe class HostKvPoolTests
{
    [Fact]
    public void Taking_and_returning_pages_allocates_nothing_on_the_managed_heap()
    {
        KvLayout layout = new(2, 2, 64, ElementType.F16, 64);
        using (HostKvPool warm = new(layout)) // compiles the code
        {
            for (int i = 0; i < 40; i++) warm.Rent();
            for (int i = 0; i < 40; i++) warm.Release(i);
            _ = warm.Rent();
        }

        using HostKvPool pool = new(layout);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5000; i++) pool.Rent();
        for (int i = 0; i < 5000; i += 3) pool.Release(i);
        for (int i = 0; i < 5000; i += 3) pool.Rent();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal((5000, 5000), (pool.UsedPages, pool.AllocatedPages));
    }

    [Fact]
    public void Pages_are_aligned_apart_and_kept_while_others_are_taken()
    {
        KvLayout layout = new(1, 1, 5, ElementType.F32, 3); // 120 bytes
        using HostKvPool pool = new(layout);
        HashSet<nint> starts = [];
        for (int page = 0; page < 1000; page++)
        {
            Assert.Equal(page, pool.Rent());
            Assert.Equal(0, (nint)pool.PagePointer(page) % 64);
            Assert.True(starts.Add((nint)pool.PagePointer(page)));
            new Span<byte>(pool.PagePointer(page), (int)layout.PageBytes).Fill((byte)page);
        }

        for (int page = 0; page < 1000; page++)
            Assert.False(new ReadOnlySpan<byte>(pool.PagePointer(page), (int)layout.PageBytes).ContainsAnyExcept((byte)page));
    }

    [Fact]
    public void A_page_is_free_when_its_last_reference_is_dropped()
    {
        using HostKvPool pool = new(new KvLayout(1, 1, 32, ElementType.Q8_0, 16));
        int page = pool.Rent();
        pool.Share(page);
        pool.Release(page);
        Assert.Equal((1, 1), (pool.UsedPages, pool.References(page)));
        pool.Release(page);
        Assert.Equal(0, pool.UsedPages);
        Assert.Throws<InvalidOperationException>(() => pool.Release(page));
        Assert.Equal(page, pool.Rent());
    }
}
