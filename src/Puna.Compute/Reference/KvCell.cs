using Puna.Compute.Kv;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Reference;

/// <summary>One key or value vector in a page, read and written one component at a time, as <see cref="KvLayout"/> describes.</summary>
internal static unsafe class KvCell
{
    internal static void WriteKey(HostKvPool pool, int page, int layer, int head, int slot, ReadOnlySpan<float> key) =>
        Write(pool, page, pool.Layout.KeyOffset(layer, head), slot, key, componentMajor: !pool.Layout.Type.IsQuantized());

    internal static void WriteValue(HostKvPool pool, int page, int layer, int head, int slot, ReadOnlySpan<float> value) =>
        Write(pool, page, pool.Layout.ValueOffset(layer, head), slot, value, componentMajor: false);

    internal static void ReadKey(HostKvPool pool, int page, int layer, int head, int slot, Span<float> key) =>
        Read(pool, page, pool.Layout.KeyOffset(layer, head), slot, key, componentMajor: !pool.Layout.Type.IsQuantized());

    internal static void ReadValue(HostKvPool pool, int page, int layer, int head, int slot, Span<float> value) =>
        Read(pool, page, pool.Layout.ValueOffset(layer, head), slot, value, componentMajor: false);

    private static void Write(HostKvPool pool, int page, long offset, int slot, ReadOnlySpan<float> x, bool componentMajor)
    {
        byte* part = pool.PagePointer(page) + offset;
        if (!componentMajor)
        {
            int bytes = (int)pool.Layout.Type.ByteSize(x.Length);
            Quantizer.Quantize(pool.Layout.Type, x, new Span<byte>(part + ((long)slot * bytes), bytes));
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            long cell = ((long)i * pool.Layout.PageTokens) + slot;
            if (pool.Layout.Type == ElementType.F32) ((float*)part)[cell] = x[i];
            else ((Half*)part)[cell] = (Half)x[i];
        }
    }

    private static void Read(HostKvPool pool, int page, long offset, int slot, Span<float> x, bool componentMajor)
    {
        byte* part = pool.PagePointer(page) + offset;
        if (!componentMajor)
        {
            int bytes = (int)pool.Layout.Type.ByteSize(x.Length);
            Dequantizer.Dequantize(pool.Layout.Type, new ReadOnlySpan<byte>(part + ((long)slot * bytes), bytes), x);
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            long cell = ((long)i * pool.Layout.PageTokens) + slot;
            x[i] = pool.Layout.Type == ElementType.F32 ? ((float*)part)[cell] : (float)((Half*)part)[cell];
        }
    }
}
