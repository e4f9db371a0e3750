using System.Runtime.CompilerServices;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// Keys and values of one page and head, as the kernels read them: in place where their layout allows, else decoded to
/// float32 once for all queries of a block. The numbers are the same either way.
/// </summary>
/// <param name="Keys">A row for each component.</param>
/// <param name="Values">A row for each token.</param>
/// <param name="Form">How the elements of both are stored.</param>
internal readonly unsafe record struct KvTile(TilePart Keys, TilePart Values, TileForm Form)
{
    /// <summary>Locates or decodes a tile.</summary>
    /// <param name="layout">Shape of the page.</param>
    /// <param name="page">First byte of the page.</param>
    /// <param name="layer">Layer inside the class.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="inPlace">Leave the decoding to the kernels, which pays for few queries.</param>
    /// <param name="scratch">Holds scales and decoded tiles; a tile is valid until the next one is read.</param>
    public static KvTile Read<T>(KvLayout layout, byte* page, int layer, int head, bool inPlace, AttentionScratch scratch)
        where T : struct, ILanes<T>
    {
        byte* keys = page + layout.KeyOffset(layer, head), values = page + layout.ValueOffset(layer, head);
        KvTile stored = Locate<T>(layout, keys, values, scratch);
        bool wholeVectors = scratch.NKeys == layout.PageTokens && scratch.Width == layout.HeadDim;
        if (wholeVectors && (inPlace || stored.Form == TileForm.Single)) return stored;

        TilePart decodedKeys = new((nint)scratch.Keys, (nint)scratch.NKeys * sizeof(float), 0, 0, scratch.NKeys);
        TilePart decodedValues = new((nint)scratch.Values, (nint)scratch.Width * sizeof(float), 0, 0, scratch.Width);
        switch (stored.Form)
        {
            case TileForm.Single:
                Decode<T, SingleElements>(stored.Keys, layout.HeadDim, layout.PageTokens, decodedKeys);
                Decode<T, SingleElements>(stored.Values, layout.PageTokens, layout.HeadDim, decodedValues);
                break;
            case TileForm.Half:
                Decode<T, HalfElements>(stored.Keys, layout.HeadDim, layout.PageTokens, decodedKeys);
                Decode<T, HalfElements>(stored.Values, layout.PageTokens, layout.HeadDim, decodedValues);
                break;
            case TileForm.Byte:
                Decode<T, KeyBytes>(stored.Keys, layout.HeadDim, layout.PageTokens, decodedKeys);
                Decode<T, ValueBytes>(stored.Values, layout.PageTokens, layout.HeadDim, decodedValues);
                break;
            default:
                Decode<T, KeyNibbles>(stored.Keys, layout.HeadDim, layout.PageTokens, decodedKeys);
                Decode<T, ValueNibbles>(stored.Values, layout.PageTokens, layout.HeadDim, decodedValues);
                break;
        }

        return new KvTile(decodedKeys, decodedValues, TileForm.Single);
    }

    private static KvTile Locate<T>(KvLayout layout, byte* keys, byte* values, AttentionScratch scratch)
        where T : struct, ILanes<T>
    {
        int tokens = layout.PageTokens, width = layout.HeadDim;
        if (!layout.Type.IsQuantized())
        {
            int size = layout.Type == ElementType.F16 ? sizeof(ushort) : sizeof(float);
            return new KvTile(
                new TilePart((nint)keys, (nint)tokens * size, 0, 0, tokens), new TilePart((nint)values, (nint)width * size, 0, 0, width),
                layout.Type == ElementType.F16 ? TileForm.Half : TileForm.Single);
        }

        QuantizedPart k = new(layout, keys, isKeys: true), v = new(layout, values, isKeys: false);
        Widen<T>(k.Scales, scratch.KeyScales, k.ScaleCount);
        Widen<T>(v.Scales, scratch.ValueScales, v.ScaleCount);
        bool areNibbles = layout.Type == ElementType.Q4_0;
        return new KvTile(
            new TilePart((nint)k.Quants, tokens, (nint)scratch.KeyScales, tokens, tokens),
            new TilePart((nint)v.Quants, areNibbles ? width / 2 : width, (nint)scratch.ValueScales, width / KeyBytes.BlockLength, width),
            areNibbles ? TileForm.Nibble : TileForm.Byte);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)] // a root of its own: inside a caller the lanes would exceed the inliner's budget
    private static void Widen<T>(ushort* scales, float* widened, int count)
        where T : struct, ILanes<T>
    {
        int i = 0;
        for (; i <= count - T.Count; i += T.Count) T.Store(T.LoadHalf(scales + i), widened + i);
        for (; i < count; i++) widened[i] = HalfConversion.ToSingle(scales[i]);
    }

    /// <summary>Decodes [rows][columns] elements to rows of floats.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Decode<T, TElements>(in TilePart source, int rows, int columns, in TilePart target)
        where T : struct, ILanes<T>
        where TElements : struct, ITileElements
    {
        for (int r = 0; r < rows; r++)
        {
            byte* row = (byte*)source.Data + TElements.RowOffset(source.RowBytes, r);
            float* decoded = (float*)((byte*)target.Data + (r * target.RowBytes));
            int c = 0;
            for (; c <= columns - T.Count; c += T.Count) T.Store(Element<T, TElements>(source, row, r, c), decoded + c);
            for (; c < columns; c++) Lanes1.Store(Element<Lanes1, TElements>(source, row, r, c), decoded + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Element<T, TElements>(in TilePart part, byte* row, int r, int c)
        where T : struct, ILanes<T>
        where TElements : struct, ITileElements
    {
        T element = TElements.Load<T>(row, r, c);
        return TElements.IsScaled ? element * TElements.Scale<T>((float*)part.Scales, part.ScaleStride, r, c) : element;
    }
}
