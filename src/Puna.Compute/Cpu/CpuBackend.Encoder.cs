using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Disentangled;
using Puna.Compute.Cpu.Norm;
using Puna.Tensors;

namespace Puna.Compute.Cpu;

public sealed unsafe partial class CpuBackend : IEncoderBackend
{
    /// <inheritdoc/>
    public void LayerNorm(Activations x, Tensor weight, Tensor bias, float eps, Activations y, int rows)
    {
        HostActivations input = Host(nameof(LayerNorm), "the input", x, rows), output = Host(nameof(LayerNorm), "the output", y, rows);
        CheckWidth(nameof(LayerNorm), "the output width", output.Width, input.Width);
        CheckVector(nameof(LayerNorm), weight, input.Width);
        CheckVector(nameof(LayerNorm), bias, input.Width);

        RunRows(new LayerNormJob(input, (nint)weight.Data, (nint)bias.Data, eps, output, rows), rows, input.Width);
    }

    /// <inheritdoc/>
    public void AddBias(Activations x, Tensor bias, int rows)
    {
        HostActivations values = Host(nameof(AddBias), "the input", x, rows);
        CheckVector(nameof(AddBias), bias, values.Width);

        RunRows(new BiasGeluJob(values, (nint)bias.Data, rows, activate: false), rows, values.Width);
    }

    /// <inheritdoc/>
    public void BiasGelu(Activations x, Tensor bias, int rows)
    {
        HostActivations values = Host(nameof(BiasGelu), "the input", x, rows);
        CheckVector(nameof(BiasGelu), bias, values.Width);

        RunRows(new BiasGeluJob(values, (nint)bias.Data, rows, activate: true), rows, 8L * values.Width); // an exponential costs some 8 products
    }

    /// <inheritdoc/>
    public void SpreadDistances(Activations table, ReadOnlySpan<int> rowOf, Activations y) =>
        HostRelativeTable.Spread(Host(nameof(SpreadDistances), "the table", table, 0), rowOf, Host(nameof(SpreadDistances), "the output", y, table.Width));

    /// <inheritdoc/>
    public void DisentangledAttention(Activations q, Activations k, Activations v, Activations relK, Activations relQ,
        ReadOnlySpan<RowWindow> windows, in DisentangledSpec spec, Activations y) =>
        _disentangled.Run(DisentangledCheck.Check(q, k, v, relK, relQ, windows, spec, y), windows);

    private static void CheckVector(string op, Tensor vector, int width)
    {
        if (vector.Type != ElementType.F32) KernelThrow.WeightType(op, vector);
        CheckWidth(op, $"the length of {vector.Name}", vector.Elements, width);
    }
}
