using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Puna.Compute.Kv;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.Attention;

/// <summary>
/// Keys and values of one page and head, as the kernels read them: in place where their layout allows, else decoded to
/// float32 once for all queries of a block. The numbers are the same either way.
/// </summary>
/// <param name="Keys">Component-major.</param>
/// <param name="KeyStride">Elements from one component of the keys to the next.</param>
/// <param name="Values">Token-major.</param>
/// <param name="AreHalfs">Elements are float16, else float32.</param>
internal readonly unsafe record struct KvTile(nint Keys, int KeyStride, nint Values, bool AreHalfs)
{
    /// <summary>Locates or decodes a tile.</summary>
    /// <param name="layout">Shape of the page.</param>
    /// <param name="page">First byte of the page.</param>
    /// <param name="layer">Layer inside the class.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="inPlace">Leave halfs to be widened by the kernels, which pays for few queries.</param>
    /// <param name="scratch">Holds decoded tiles; a tile is valid until the next one is read.</param>
    public static KvTile Read(KvLayout layout, byte* page, int layer, int head, bool inPlace, AttentionScratch scratch)
    {
        byte* keys = page + layout.KeyOffset(layer, head), values = page + layout.ValueOffset(layer, head);
        bool wholeVectors = scratch.NKeys == layout.PageTokens && scratch.Width == layout.HeadDim;
        if (wholeVectors && (layout.Type == ElementType.F32 || (layout.Type == ElementType.F16 && inPlace)))
            return new KvTile((nint)keys, layout.PageTokens, (nint)values, layout.Type == ElementType.F16);

        int elements = layout.PageTokens * layout.HeadDim;
        if (layout.Type.IsQuantized())
        {
            Decode(layout, keys, scratch.Decoded, elements);
            Transpose(scratch.Decoded, layout.PageTokens, layout.HeadDim, scratch.Keys, scratch.NKeys);
        }
        else
        {
            Spread(layout, keys, layout.HeadDim, layout.PageTokens, scratch.Keys, scratch.NKeys, scratch.Decoded);
        }

        Spread(layout, values, layout.PageTokens, layout.HeadDim, scratch.Values, scratch.Width, scratch.Decoded);
        return new KvTile((nint)scratch.Keys, scratch.NKeys, (nint)scratch.Values, AreHalfs: false);
    }

    /// <summary>Decodes [rows][columns] elements to rows of <paramref name="stride"/> floats.</summary>
    private static void Spread(KvLayout layout, byte* source, int rows, int columns, float* destination, int stride, float* decoded)
    {
        if (stride == columns)
        {
            Decode(layout, source, destination, rows * columns);
            return;
        }

        Decode(layout, source, decoded, rows * columns);
        for (int r = 0; r < rows; r++)
            new ReadOnlySpan<float>(decoded + ((long)r * columns), columns).CopyTo(new Span<float>(destination + ((long)r * stride), columns));
    }

    private static void Decode(KvLayout layout, byte* source, float* destination, int elements)
    {
        Span<float> target = new(destination, elements);
        if (layout.Type == ElementType.F16) HalfConversion.ToSingle(new ReadOnlySpan<ushort>(source, elements), target);
        else Dequantizer.Dequantize(layout.Type, new ReadOnlySpan<byte>(source, layout.PartBytes), target);
    }

    /// <summary>[tokens][headDim] to [headDim][stride].</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Transpose(float* source, int tokens, int headDim, float* destination, int stride)
    {
        int j = 0;
        for (; j <= tokens - 4; j += 4) // quantized heads are multiples of 32
        {
            float* s = source + ((long)j * headDim);
            for (int d = 0; d < headDim; d += 4) Transpose4x4(s + d, headDim, destination + ((long)d * stride) + j, stride);
        }

        for (; j < tokens; j++)
        {
            for (int d = 0; d < headDim; d++) destination[((long)d * stride) + j] = source[((long)j * headDim) + d];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4x4(float* source, int sourceStride, float* destination, int stride)
    {
        Vector128<float> a = Vector128.Load(source), b = Vector128.Load(source + sourceStride);
        Vector128<float> c = Vector128.Load(source + (2L * sourceStride)), d = Vector128.Load(source + (3L * sourceStride));

        // (a0 b0 a1 b1), (a2 b2 a3 b3), likewise c and d; then the same with pairs of floats.
        (Vector128<float> abLow, Vector128<float> abHigh) = (Low(a, b), High(a, b));
        (Vector128<float> cdLow, Vector128<float> cdHigh) = (Low(c, d), High(c, d));
        Low(abLow.AsDouble(), cdLow.AsDouble()).AsSingle().Store(destination);
        High(abLow.AsDouble(), cdLow.AsDouble()).AsSingle().Store(destination + stride);
        Low(abHigh.AsDouble(), cdHigh.AsDouble()).AsSingle().Store(destination + (2L * stride));
        High(abHigh.AsDouble(), cdHigh.AsDouble()).AsSingle().Store(destination + (3L * stride));
    }

    /// <summary>Elements of the lower halves, taken in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    /// <summary>Elements of the upper halves, taken in turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Low(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> High(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[1], b[1]);
}
