using Puna.Compute.Cpu.Experts;
using Puna.Compute.Cpu.MatMul;

namespace Puna.Compute.Cpu;

public sealed partial class CpuBackend : IBackend
{
    private readonly CpuMatMul _matMul;
    private readonly CpuExperts _experts;

    /// <inheritdoc/>
    public void MatMul(Activations x, int rows, ReadOnlySpan<Projection> projections) =>
        _matMul.Run(Host(nameof(MatMul), "the input", x, rows), rows, projections);

    /// <inheritdoc/>
    public void Experts(Activations x, int rows, ExpertWeights experts, Activations y) =>
        _experts.Run(Host(nameof(Experts), "the input", x, rows), rows, experts, Host(nameof(Experts), "the output", y, rows));
}
