using Puna.Compute;
using Puna.Compute.Kv;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Backend.Tests.Ops;

/// <summary>
/// A cache of several sequences with random keys and values, filled through <see cref="IBackend.WriteKv"/>, and the
/// numbers that the cache's type makes of them.
/// </summary>
internal sealed class KvFixture : IDisposable
{
    private readonly IBackend _backend;
    private readonly float[][] _keys, _values;
    private readonly Dictionary<(bool Key, int Sequence, int Pos, int Head), float[]> _rounded = [];

    /// <param name="backend">Runs the writes.</param>
    /// <param name="layout">Shape of the pages.</param>
    /// <param name="sequences">First position and end position of each sequence.</param>
    /// <param name="pageOrderSeed">Pages are taken from the pool in an order that depends on it.</param>
    public KvFixture(IBackend backend, KvLayout layout, (int First, int End)[] sequences, int pageOrderSeed = 1)
    {
        _backend = backend;
        Pool = backend.CreateKvPool(layout);
        Layer = new KvLayer(Pool, layout.Layers - 1, [.. sequences.Select(_ => new KvPageTable())]);
        int width = layout.NKvHeads * layout.HeadDim, T = layout.PageTokens;

        int pages = sequences.Sum(s => ((s.End - 1) / T) - (s.First / T) + 1);
        int[] order = [.. Enumerable.Range(0, pages).Select(_ => Pool.Rent())];
        new Random(pageOrderSeed).Shuffle(order);
        foreach (int page in order) Poison(page);

        int next = 0;
        (_keys, _values) = (new float[sequences.Length][], new float[sequences.Length][]);
        for (int s = 0; s < sequences.Length; s++)
        {
            (int first, int end) = sequences[s];
            Layer.Tables[s].Start(first, T);
            for (int page = first / T; page <= (end - 1) / T; page++) Layer.Tables[s].Add(order[next++]);

            _keys[s] = Numbers.Random(end * width, 100 + s, 2);
            _values[s] = Numbers.Random(end * width, 200 + s, 2);
            Write(s, first, end);
        }
    }

    public KvPool Pool { get; }

    public KvLayer Layer { get; }

    /// <summary>The key at a position as the cache holds it.</summary>
    public float[] Key(int sequence, int pos, int head) => Cached((true, sequence, pos, head));

    /// <summary>The value at a position as the cache holds it.</summary>
    public float[] Value(int sequence, int pos, int head) => Cached((false, sequence, pos, head));

    public void Dispose() => Pool.Dispose();

    private void Write(int sequence, int first, int end)
    {
        int width = Pool.Layout.NKvHeads * Pool.Layout.HeadDim, rows = end - first;
        using Activations k = _backend.Fill(rows, width, _keys[sequence].AsSpan(first * width));
        using Activations v = _backend.Fill(rows, width, _values[sequence].AsSpan(first * width));
        Batch batch = new(rows);
        for (int pos = first; pos < end; pos++) batch.Add(0, pos, sequence, needsLogits: false);
        _backend.WriteKv(k, v, batch, Layer);
    }

    /// <summary>Fills a page with NaN, or with blocks whose scale is NaN: what must not be read shows.</summary>
    private void Poison(int page)
    {
        byte[] bytes = new byte[Pool.Layout.PageBytes];
        Array.Fill(bytes, (byte)0xff);
        Pool.Import(page, bytes);
    }

    private float[] Cached((bool Key, int Sequence, int Pos, int Head) at)
    {
        if (_rounded.TryGetValue(at, out float[]? x)) return x;
        return _rounded[at] = Rounded((at.Key ? _keys : _values)[at.Sequence], at.Pos, at.Head);
    }

    private float[] Rounded(float[] all, int pos, int head)
    {
        KvLayout layout = Pool.Layout;
        ReadOnlySpan<float> x = all.AsSpan(((pos * layout.NKvHeads) + head) * layout.HeadDim, layout.HeadDim);
        if (layout.Type == ElementType.F32) return x.ToArray();
        if (layout.Type == ElementType.F16) return [.. x.ToArray().Select(v => (float)(Half)v)];

        byte[] blocks = new byte[layout.Type.ByteSize(x.Length)];
        float[] y = new float[x.Length];
        Quantizer.Quantize(layout.Type, x, blocks);
        Dequantizer.Dequantize(layout.Type, blocks, y);
        return y;
    }
}
