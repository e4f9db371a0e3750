using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Tests.Models.Cache;

/// <summary>A backend that can make pools and nothing else: in main memory, or counting ones that hold no memory.</summary>
internal sealed class CacheOnlyBackend(bool counting = false) : IBackend
{
    public string Name => "cache only";

    /// <summary>Number of page after which every pool fails to grow.</summary>
    public int FailAtPage { get; set; } = int.MaxValue;

    public KvPool CreateKvPool(KvLayout layout) => counting ? new CountingPool(layout, this) : new HostKvPool(layout);

    public Activations Allocate(int maxRows, int width) => throw new NotSupportedException();

    public void Embed(Tensor table, Batch batch, Activations y) => throw new NotSupportedException();

    public void RmsNorm(Activations x, Tensor weight, float eps, Activations y, int rows) => throw new NotSupportedException();

    public void MatMul(Activations x, int rows, ReadOnlySpan<Projection> projections) => throw new NotSupportedException();

    public void FillRope(RopeTable rope, Batch batch, Activations angles) => throw new NotSupportedException();

    public void RopeQkNorm(Activations q, Activations k, int rows, int headDim, RopeTable rope, Activations angles, float? qkNormEps) =>
        throw new NotSupportedException();

    public void ScaleQueries(Activations q, Batch batch, TemperatureTuning tuning) => throw new NotSupportedException();

    public void WriteKv(Activations k, Activations v, Batch batch, in KvLayer layer) => throw new NotSupportedException();

    public void Attention(Activations q, Batch batch, in KvLayer layer, in AttentionSpec spec, Activations y) => throw new NotSupportedException();

    public void SwiGlu(Activations gate, Activations up, Activations y, int rows) => throw new NotSupportedException();

    public void Experts(Activations x, int rows, ExpertWeights experts, Activations y) => throw new NotSupportedException();

    public void Gather(Activations x, ReadOnlySpan<int> rows, Activations y) => throw new NotSupportedException();

    public ReadOnlySpan<float> Read(Activations x, int row) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class CountingPool(KvLayout layout, CacheOnlyBackend owner) : KvPool(layout)
    {
        public override void CopyPage(int from, int to)
        {
        }

        public override void Export(int page, Span<byte> destination) => throw new NotSupportedException();

        public override void Import(int page, ReadOnlySpan<byte> source) => throw new NotSupportedException();

        protected override void AddPage()
        {
            if (AllocatedPages >= owner.FailAtPage) throw new OutOfMemoryException($"No memory for page {AllocatedPages}.");
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
