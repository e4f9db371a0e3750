using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Cpu.Attention;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Backend.Tests.Ops;

/// <summary>The attention kernel compiled for 1, 4, 8 and 16 lanes, reading the cache in place and decoded.</summary>
public sealed class AttentionWidthTests
{
    public static TheoryData<ElementType, int, int, int, int> Cases
    {
        get
        {
            TheoryData<ElementType, int, int, int, int> cases = [];
            foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16, ElementType.Q8_0, ElementType.Q4_0])
            {
                // Groups below, at and above what one pass of the kernel serves; widths of whole and broken register tiles.
                foreach (int group in (int[])[1, 2, 3, 4, 5, 6, 8]) cases.Add(type, group, 64, 64, 1);
                cases.Add(type, 5, 128, 64, 1);
                cases.Add(type, 4, 96, 16, 1);
                cases.Add(type, 5, 160, 7, 1);
                cases.Add(type, 4, 64, 64, 20);
                if (!type.IsQuantized()) cases.Add(type, 3, 20, 16, 1);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Every_width_gives_the_same_bits(ElementType type, int group, int headDim, int pageTokens, int rows)
    {
        const int KvHeads = 2, Length = 150;
        using CpuBackend backend = new(new CpuBackendOptions { Threads = 1 });
        using KvFixture kv = new(backend, new KvLayout(1, KvHeads, headDim, type, pageTokens), [(0, Length)]);
        AttentionSpec spec = new(KvHeads * group, KvHeads, headDim, 1 / MathF.Sqrt(headDim), 0);
        using HostActivations q = (HostActivations)backend.Fill(rows, spec.NHeads * headDim, Numbers.Random(rows * spec.NHeads * headDim, 3, 2));
        Batch batch = new(rows);
        for (int r = 0; r < rows; r++) batch.Add(0, Length - rows + r, 0, needsLogits: false);

        int[] expected = Run<Lanes1>(backend, kv, q, batch, spec);
        Assert.Equal(expected, Run<Lanes128>(backend, kv, q, batch, spec));
        Assert.Equal(expected, Run<Lanes256>(backend, kv, q, batch, spec));
        Assert.Equal(expected, Run<Lanes512>(backend, kv, q, batch, spec));
    }

    private static int[] Run<T>(CpuBackend backend, KvFixture kv, HostActivations q, Batch batch, AttentionSpec spec)
        where T : struct, ILanes<T>
    {
        using HostActivations y = (HostActivations)backend.Allocate(batch.Rows, q.Width);
        using AttentionScratch scratch = new();
        HostKvPool pool = (HostKvPool)kv.Pool;
        scratch.Ensure(batch.Rows * spec.NHeads / spec.NKvHeads, spec.HeadDim, pool.Layout.PageTokens);
        int[] rows = [.. Enumerable.Range(0, batch.Rows)];
        for (int head = 0; head < spec.NKvHeads; head++)
            AttentionBlock.Run<T>(new AttentionCall(q, batch, kv.Layer, pool, spec, y), rows, head, scratch);
        return Numbers.Bits(backend.ReadAll(y, batch.Rows));
    }
}
