using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Kv;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Backend.Tests.Ops;

/// <summary>Runs alone, as it counts the allocations of the whole process.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationCollection;

[Collection(nameof(AllocationTests))]
public sealed unsafe class AllocationTests
{
    private const int Width = 256, Vocab = 64, NHeads = 4, NKvHeads = 2, HeadDim = 64;

    public static TheoryData<int, ElementType> Cases
    {
        get
        {
            TheoryData<int, ElementType> cases = [];
            foreach (int threads in (int[])[1, 2, 3])
            {
                foreach (ElementType type in (ElementType[])[ElementType.F32, ElementType.F16, ElementType.Q8_0, ElementType.Q4_0]) cases.Add(threads, type);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_step_that_was_made_before_allocates_nothing(int threads, ElementType cacheType)
    {
#if DEBUG
        Assert.SkipWhen(cacheType == ElementType.Q4_0, "without optimisation the compiler makes arrays of the Q4_0 encoder's constant tables");
#endif
        using CpuBackend backend = new(new CpuBackendOptions { Threads = threads });
        using KvFixture kv = new(backend, new KvLayout(1, NKvHeads, HeadDim, cacheType, 16), [(0, 300), (0, 40)]);
        using Activations x = backend.Fill(32, Width, Numbers.Random(32 * Width, 1)), y = backend.Allocate(32, Width), up = backend.Fill(32, Width, Numbers.Random(32 * Width, 2));
        using Activations k = backend.Fill(32, NKvHeads * HeadDim, Numbers.Random(32 * NKvHeads * HeadDim, 3)), angles = backend.Allocate(32, HeadDim);
        using Activations logits = backend.Allocate(32, Vocab);
        RopeTable rope = new(RopeTable.BaseFrequencies(HeadDim, 10_000), RopePairing.Adjacent);
        Batch prefill = new(32), decode = new(2);
        for (int i = 0; i < 30; i++) prefill.Add(i, 200 + i, 0, needsLogits: false);
        prefill.Add(3, 39, 1, needsLogits: true);
        decode.Add(1, 299, 0, needsLogits: true);
        decode.Add(2, 39, 1, needsLogits: true);

        float[] norm = Numbers.Random(Width, 4);
        byte[] table = new byte[ElementType.Q8_0.ByteSize(Vocab * Width)];
        Quantizer.Quantize(ElementType.Q8_0, Numbers.Random(Vocab * Width, 5), table);
        fixed (float* weight = norm)
        fixed (byte* embd = table)
        {
            Tensor normWeight = new("norm", ElementType.F32, [Width], (byte*)weight), tokens = new("embd", ElementType.Q8_0, [Width, Vocab], embd);
            Assert.Equal(0, LeastAllocated(() => Step(prefill)));
            Assert.Equal(0, LeastAllocated(() => Step(decode)));

            void Step(Batch batch)
            {
                int rows = batch.Rows;
                backend.Embed(tokens, batch, x);
                backend.RmsNorm(x, normWeight, 1e-5f, y, rows);
                backend.FillRope(rope, batch, angles);
                backend.RopeQkNorm(y, k, rows, HeadDim, rope, angles, 1e-5f);
                backend.ScaleQueries(y, batch, new TemperatureTuning(128, 0.1));
                backend.WriteKv(k, k, batch, kv.Layer);
                backend.Attention(y, batch, kv.Layer, new AttentionSpec(NHeads, NKvHeads, HeadDim, 0.125f, 0), x);
                backend.SwiGlu(x, up, x, rows);
                backend.MatMul(x, rows, [new Projection(tokens, logits)]);
                backend.Gather(x, batch.LogitRows, y);
                _ = backend.Read(y, 0)[0];
            }
        }
    }

    /// <summary>
    /// Bytes the process allocated in a run of the action, once warm. The least of several: the runtime and the test host
    /// allocate now and then on threads of their own, while an action that allocates does so every time.
    /// </summary>
    private static long LeastAllocated(Action action)
    {
        for (int i = 0; i < 20; i++) action();

        long least = long.MaxValue;
        for (int i = 0; i < 20 && least > 0; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            action();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least;
    }
}
