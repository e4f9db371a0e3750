using Puna.Compute;
using Puna.Compute.Cpu.MatMul;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Backend.Tests.MatMul;

/// <summary>Runs one kernel by itself, without the team, and returns its outputs.</summary>
internal static unsafe class KernelRun
{
    /// <summary>Random activations [rows, k]; one row in four has one value far out.</summary>
    public static HostActivations Activations(int rows, int k, int seed)
    {
        Random random = new(seed);
        HostActivations x = new(rows, k);
        for (int r = 0; r < rows; r++)
        {
            Span<float> row = x.Row(r);
            foreach (ref float value in row) value = (float)((random.NextDouble() - 0.5) * 2);
            if (r % 4 == 0) row[random.Next(k)] = 40f;
            new Span<float>(x.Pointer + ((long)r * x.Stride) + k, x.Stride - k).Fill(float.NaN); // padding is nobody's business
        }

        return x;
    }

    /// <summary>y [rows, M] of <paramref name="kernel"/>, computed in regions that straddle its units.</summary>
    public static float[] Outputs(MatrixKernel kernel, Tensor weight, HostActivations x, int rows, float[]? addTo = null)
    {
        using HostActivations y = new(rows, weight.M);
        for (int r = 0; r < rows && addTo is not null; r++) addTo.AsSpan(r * weight.M, weight.M).CopyTo(y.Row(r));

        using QuantizedActivations quantized = new(kernel.Form);
        MatrixProduct product = new()
        {
            Weight = weight.Data,
            RowStride = weight.RowStride,
            K = weight.K,
            M = weight.M,
            RowScales = weight.RowScales is null ? null : (float*)weight.RowScales.Data,
            Rows = rows,
            X = x.Pointer,
            XStride = x.Stride,
            Y = y.Pointer,
            YStride = y.Stride,
            Accumulate = addTo is not null,
        };
        if (kernel.Form != ActivationForm.Float32)
        {
            bool wide = kernel.ReadsWideTiles;
            product.Quantized = quantized.Reserve(rows, weight.K, !wide && rows >= QuantizedActivations.TileFromRows, wide ? WideTile.Count(rows) : 0);
            for (int part = 0; part < WideTile.Count(rows); part++)
                QuantizedActivations.Fill(product.Quantized, x.Pointer, x.Stride, new RowGroup(0, rows), part, part);
        }

        int outputs = 2 * kernel.OutputUnit(weight.K, rows), tokens = 2 * kernel.TokenUnit;
        using NativeStorage scratch = NativeStorage.Allocate(kernel.ScratchBytes(weight.K, rows));
        for (int m = 0; m < weight.M; m += outputs)
        {
            for (int t = 0; t < rows; t += tokens)
                kernel.Run(product, new MatrixRegion(m, Math.Min(m + outputs, weight.M), t, Math.Min(t + tokens, rows)), scratch.Pointer);
        }

        float[] result = new float[rows * weight.M];
        for (int r = 0; r < rows; r++) y.Row(r).CopyTo(result.AsSpan(r * weight.M));
        return result;
    }
}
