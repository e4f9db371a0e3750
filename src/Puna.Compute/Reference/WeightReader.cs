using System.Runtime.InteropServices;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Reference;

/// <summary>Weights of one output or one table row, decoded to float32 whatever their type and layout.</summary>
internal static unsafe class WeightReader
{
    /// <summary>Decodes row <paramref name="row"/> of an <see cref="MatrixLayout.OutIn"/> tensor.</summary>
    internal static void Row(Tensor tensor, long row, Span<float> destination)
    {
        Dequantizer.Dequantize(tensor.Type, tensor.Row(row), destination);
        if (tensor.RowScales is not { } scales) return;

        float scale = One(scales, row);
        foreach (ref float value in destination) value *= scale;
    }

    /// <summary>Decodes the K weights of output <paramref name="m"/>.</summary>
    internal static void Output(Tensor tensor, int m, Span<float> destination)
    {
        if (tensor.Layout == MatrixLayout.OutIn)
        {
            Row(tensor, m, destination);
            return;
        }

        if (tensor.Type.IsQuantized()) KernelThrow.WeightType("MatMul", tensor);
        int bytes = tensor.Type.BlockBytes();
        for (int k = 0; k < tensor.K; k++)
        {
            ReadOnlySpan<byte> cell = new(tensor.RowPointer(k) + ((long)m * bytes), bytes);
            Dequantizer.Dequantize(tensor.Type, cell, destination.Slice(k, 1));
        }

        if (tensor.RowScales is not { } scales) return;
        float scale = One(scales, m);
        foreach (ref float value in destination) value *= scale;
    }

    private static float One(Tensor scales, long index)
    {
        float value = 0;
        int bytes = scales.Type.BlockBytes();
        Dequantizer.Dequantize(scales.Type, new ReadOnlySpan<byte>(scales.Data + (index * bytes), bytes), MemoryMarshal.CreateSpan(ref value, 1));
        return value;
    }
}
