using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Models.Cache;

/// <summary>Finds single positions in the bytes of a page, by the order that <see cref="KvLayout"/> describes.</summary>
internal static class KvPagePositions
{
    /// <summary>Zeroes the keys and values of all positions of a page outside [<paramref name="from"/>, <paramref name="end"/>).</summary>
    /// <param name="page">A whole page.</param>
    /// <param name="layout">Its shape.</param>
    /// <param name="from">First position to keep, counted from the page's first.</param>
    /// <param name="end">One more than the last to keep.</param>
    public static void KeepOnly(Span<byte> page, KvLayout layout, int from, int end)
    {
        if (from <= 0 && end >= layout.PageTokens) return;

        int parts = 2 * layout.Layers * layout.NKvHeads; // keys and values alternate
        for (int part = 0; part < parts; part++)
        {
            Span<byte> bytes = page.Slice(part * layout.PartBytes, layout.PartBytes);
            bool areKeys = part % 2 == 0;
            if (layout.Type.IsQuantized())
            {
                KeepOnly(bytes, layout, areKeys, from, end);
            }
            else if (areKeys)
            {
                int row = layout.PartBytes / layout.HeadDim; // one component of all positions
                for (int c = 0; c < layout.HeadDim; c++) KeepOnly(bytes.Slice(c * row, row), layout.PageTokens, from, end);
            }
            else
            {
                KeepOnly(bytes, layout.PageTokens, from, end);
            }
        }
    }

    private static unsafe void KeepOnly(Span<byte> bytes, KvLayout layout, bool areKeys, int from, int end)
    {
        Span<byte> zero = new byte[layout.Type.ByteSize(layout.HeadDim)];
        fixed (byte* first = bytes)
        {
            QuantizedPart part = new(layout, first, areKeys);
            for (int token = 0; token < layout.PageTokens; token++)
            {
                if (token < from || token >= end) part.Write(token, 0, zero);
            }
        }
    }

    private static void KeepOnly(Span<byte> row, int positions, int from, int end)
    {
        int size = row.Length / positions;
        row[..(from * size)].Clear();
        row[(end * size)..].Clear();
    }
}
