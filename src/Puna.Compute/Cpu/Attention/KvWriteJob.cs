using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Threading;
using Puna.Compute.Kv;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.Attention;

/// <summary>Stores keys and values in the cache, rounded to its type; the work is divided over heads, then rows.</summary>
/// <remarks>Values for a float16 cache have finite halfs; the caller has looked.</remarks>
internal readonly unsafe struct KvWriteJob(HostActivations k, HostActivations v, Batch batch, KvLayer layer, HostKvPool pool) : IParallelJob
{
    /// <summary>Components narrowed or rounded at a time; whole blocks.</summary>
    private const int Narrowed = 128;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int worker, int workers)
    {
        KvLayout layout = pool.Layout;
        (int first, int end) = WorkerTeam.Share(layout.NKvHeads * batch.Rows, 1, worker, workers);
        for (int item = first; item < end; item++)
        {
            int head = item / batch.Rows, row = item % batch.Rows;
            int pos = batch.Positions[row];
            byte* page = pool.PagePointer(layer.Tables[batch.Sequences[row]][pos / layout.PageTokens]);
            int slot = pos % layout.PageTokens;

            byte* keys = page + layout.KeyOffset(layer.Layer, head), values = page + layout.ValueOffset(layer.Layer, head);
            ReadOnlySpan<float> key = k.Row(row).Slice(head * layout.HeadDim, layout.HeadDim);
            ReadOnlySpan<float> value = v.Row(row).Slice(head * layout.HeadDim, layout.HeadDim);

            if (layout.Type.IsQuantized())
            {
                WriteBlocks(layout, new QuantizedPart(layout, keys, isKeys: true), slot, key);
                WriteBlocks(layout, new QuantizedPart(layout, values, isKeys: false), slot, value);
            }
            else
            {
                WriteComponents(layout, keys, slot, key);
                WriteVector(layout, values, slot, value);
            }
        }
    }

    private static void WriteBlocks(KvLayout layout, in QuantizedPart part, int slot, ReadOnlySpan<float> x)
    {
        int blockLength = layout.Type.BlockLength();
        Span<byte> blocks = stackalloc byte[Narrowed * sizeof(float)];
        for (int first = 0; first < x.Length; first += Narrowed)
        {
            ReadOnlySpan<float> some = x.Slice(first, Math.Min(Narrowed, x.Length - first));
            Span<byte> rounded = blocks[..(int)layout.Type.ByteSize(some.Length)];
            Quantizer.Quantize(layout.Type, some, rounded);
            part.Write(slot, first / blockLength, rounded);
        }
    }

    /// <summary>Token-major: the components of a token lie together.</summary>
    private static void WriteVector(KvLayout layout, byte* part, int slot, ReadOnlySpan<float> x)
    {
        byte* target = part + (slot * layout.Type.ByteSize(x.Length));
        if (layout.Type == ElementType.F16) HalfConversion.FromSingle(x, new Span<ushort>(target, x.Length));
        else x.CopyTo(new Span<float>(target, x.Length));
    }

    /// <summary>Component-major: one component of all tokens of the page lies together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteComponents(KvLayout layout, byte* part, int slot, ReadOnlySpan<float> x)
    {
        int stride = layout.PageTokens;
        if (layout.Type == ElementType.F32)
        {
            float* cell = (float*)part + slot;
            for (int i = 0; i < x.Length; i++) cell[(long)i * stride] = x[i];
            return;
        }

        Span<ushort> halfs = stackalloc ushort[Narrowed];
        for (int first = 0; first < x.Length; first += Narrowed)
        {
            int count = Math.Min(Narrowed, x.Length - first);
            HalfConversion.FromSingle(x.Slice(first, count), halfs[..count]);
            ushort* cell = (ushort*)part + ((long)first * stride) + slot;
            for (int i = 0; i < count; i++) cell[(long)i * stride] = halfs[i];
        }
    }
}
