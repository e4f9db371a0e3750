using Puna.Compute;
using Puna.Compute.Cpu;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Backend.Tests.Ops;

/// <summary>What does not fit together is refused before anything is read or written.</summary>
public sealed unsafe class ArgumentTests : IDisposable
{
    private readonly CpuBackend _backend = new(new CpuBackendOptions { Threads = 1 });
    private readonly Activations _wide, _narrow, _foreign = new ForeignActivations();
    private readonly Batch _batch = new(8);

    public ArgumentTests()
    {
        (_wide, _narrow) = (_backend.Allocate(4, 32), _backend.Allocate(4, 16));
        _batch.Add(0, 0, 0, needsLogits: false);
    }

    public void Dispose()
    {
        _wide.Dispose();
        _narrow.Dispose();
        _foreign.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void Refuses_fewer_threads_than_one() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuBackend(new CpuBackendOptions { Threads = 0 }));

    [Fact]
    public void Runs_on_the_usable_cores_by_default()
    {
        using CpuBackend backend = new();
        Assert.InRange(backend.Threads, 1, Environment.ProcessorCount);
    }

    [Fact]
    public void Refuses_activations_of_another_backend()
    {
        Assert.Contains("another backend", Refused(() => _backend.SwiGlu(_foreign, _wide, _wide, 1)), StringComparison.Ordinal);
        Assert.Contains("another backend", Refused(() => _backend.MatMul(_foreign, 1, [])), StringComparison.Ordinal);
        Assert.Contains("another backend", Refused(() => _backend.Read(_foreign, 0)), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_more_rows_than_there_is_room_for()
    {
        Assert.Contains("room for 4", Refused(() => _backend.SwiGlu(_wide, _wide, _wide, 5)), StringComparison.Ordinal);
        Assert.Contains("room for 4", Refused(() => _backend.SwiGlu(_wide, _wide, _wide, -1)), StringComparison.Ordinal);
        Assert.Contains("room for 4", Refused(() => _backend.Gather(_wide, new int[5], _wide)), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => _backend.Gather(_wide, [4], _wide));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _backend.Read(_wide, 4); });
    }

    [Fact]
    public void Refuses_widths_that_differ()
    {
        float[] numbers = new float[64];
        fixed (float* data = numbers)
        {
            Tensor norm = new("norm", ElementType.F32, [32], (byte*)data), half = new("norm", ElementType.F16, [32], (byte*)data);
            Refused(() => _backend.RmsNorm(_wide, norm, 1e-5f, _narrow, 1));
            Refused(() => _backend.RmsNorm(_narrow, norm, 1e-5f, _narrow, 1));
            Assert.Throws<NotSupportedException>(() => _backend.RmsNorm(_wide, half, 1e-5f, _wide, 1));
        }

        Refused(() => _backend.SwiGlu(_wide, _narrow, _wide, 1));
        Refused(() => _backend.SwiGlu(_narrow, _wide, _wide, 1));
        Refused(() => _backend.Gather(_wide, [0], _narrow));

        RopeTable rope = new(RopeTable.BaseFrequencies(16, 10_000), RopePairing.Adjacent);
        Refused(() => _backend.FillRope(rope, _batch, _wide));
        Refused(() => _backend.RopeQkNorm(_wide, _wide, 1, 16, rope, _wide, null)); // angles too wide
        Refused(() => _backend.RopeQkNorm(_wide, _wide, 1, 8, rope, _narrow, null)); // more rotated than a head has
        Refused(() => _backend.RopeQkNorm(_wide, _wide, 1, 24, rope, _narrow, null)); // no whole heads
    }

    [Fact]
    public void Refuses_a_cache_that_does_not_fit()
    {
        using KvPool pool = _backend.CreateKvPool(new KvLayout(1, 2, 16, ElementType.F32, 16));
        KvLayer layer = new(pool, 0, [new KvPageTable()]);
        AttentionSpec spec = new(2, 2, 16, 0.25f, 0);
        using Activations y = _backend.Allocate(4, 32);
        Refused(() => _backend.Attention(_narrow, _batch, layer, spec, y));
        Refused(() => _backend.Attention(_wide, _batch, layer, spec, _narrow));
        Assert.Contains("must not be q", Refused(() => _backend.Attention(_wide, _batch, layer, spec, _wide)), StringComparison.Ordinal);
        Refused(() => _backend.Attention(_wide, _batch, layer, spec with { NKvHeads = 1 }, y));
        Refused(() => _backend.Attention(_wide, _batch, layer, spec with { HeadDim = 32 }, y));
        Refused(() => _backend.Attention(_wide, _batch, layer, spec with { NHeads = 3 }, y));
        Assert.Contains("1 layers", Refused(() => _backend.Attention(_wide, _batch, layer with { Layer = 1 }, spec, y)), StringComparison.Ordinal);
        Refused(() => _backend.WriteKv(_narrow, _wide, _batch, layer));
        Refused(() => _backend.WriteKv(_wide, _narrow, _batch, layer));

        _batch.Add(0, 0, 1, needsLogits: false);
        Assert.Contains("row 1 names cache slot 1", Refused(() => _backend.Attention(_wide, _batch, layer, spec, y)), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_positions_of_a_sequence_that_do_not_increase()
    {
        using KvFixture kv = new(_backend, new KvLayout(1, 2, 16, ElementType.F32, 16), [(0, 16)]);
        using Activations y = _backend.Allocate(4, 32);
        _batch.Add(0, 0, 0, needsLogits: false);
        Assert.Contains("increasing position", Refused(() => _backend.Attention(_wide, _batch, kv.Layer, new AttentionSpec(2, 2, 16, 0.25f, 0), y)), StringComparison.Ordinal);
    }

    private static string Refused(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private sealed class ForeignActivations() : Activations(4, 32)
    {
        protected override void Dispose(bool disposing)
        {
        }
    }
}
