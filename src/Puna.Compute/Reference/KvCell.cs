using Puna.Compute.Kv;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Reference;

/// <summary>One key or value vector in a page, read and written one component at a time, as <see cref="KvLayout"/> describes.</summary>
internal static unsafe class KvCell
{
    internal static void WriteKey(HostKvPool pool, int page, int layer, int head, int slot, ReadOnlySpan<float> key) =>
        Write(pool, pool.PagePointer(page) + pool.Layout.KeyOffset(layer, head), slot, key, isKey: true);

    internal static void WriteValue(HostKvPool pool, int page, int layer, int head, int slot, ReadOnlySpan<float> value) =>
        Write(pool, pool.PagePointer(page) + pool.Layout.ValueOffset(layer, head), slot, value, isKey: false);

    internal static void ReadKey(HostKvPool pool, int page, int layer, int head, int slot, Span<float> key) =>
        Read(pool, pool.PagePointer(page) + pool.Layout.KeyOffset(layer, head), slot, key, isKey: true);

    internal static void ReadValue(HostKvPool pool, int page, int layer, int head, int slot, Span<float> value) =>
        Read(pool, pool.PagePointer(page) + pool.Layout.ValueOffset(layer, head), slot, value, isKey: false);

    private static void Write(HostKvPool pool, byte* part, int slot, ReadOnlySpan<float> x, bool isKey)
    {
        KvLayout layout = pool.Layout;
        if (layout.Type.IsQuantized())
        {
            byte[] blocks = new byte[layout.Type.ByteSize(x.Length)];
            Quantizer.Quantize(layout.Type, x, blocks);
            new QuantizedPart(layout, part, isKey).Write(slot, 0, blocks);
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            long cell = Cell(layout, slot, i, isKey);
            if (layout.Type == ElementType.F32) ((float*)part)[cell] = x[i];
            else ((Half*)part)[cell] = (Half)x[i];
        }
    }

    private static void Read(HostKvPool pool, byte* part, int slot, Span<float> x, bool isKey)
    {
        KvLayout layout = pool.Layout;
        if (layout.Type.IsQuantized())
        {
            byte[] blocks = new byte[layout.Type.ByteSize(x.Length)];
            new QuantizedPart(layout, part, isKey).Read(slot, blocks);
            Dequantizer.Dequantize(layout.Type, blocks, x);
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            long cell = Cell(layout, slot, i, isKey);
            x[i] = layout.Type == ElementType.F32 ? ((float*)part)[cell] : (float)((Half*)part)[cell];
        }
    }

    private static long Cell(KvLayout layout, int slot, int component, bool isKey) =>
        isKey ? ((long)component * layout.PageTokens) + slot : ((long)slot * layout.HeadDim) + component;
}
