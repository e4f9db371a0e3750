using Puna.Tensors;

namespace Puna.Compute.Cpu.Measuring;

/// <summary>How fast the kernels of one weight format ran on this machine.</summary>
/// <param name="Type">Format of the weights.</param>
/// <param name="Kernel">The kernel that runs, such as <c>avx512vnni</c>.</param>
/// <param name="Level">Instructions that it needs.</param>
/// <param name="Arithmetic">The instruction whose peak bounds it.</param>
/// <param name="DecodeFromCache">One token, weights in the second-level cache: bytes of weights a second.</param>
/// <param name="DecodeFromMemory">One token, weights read from memory: bytes of weights a second.</param>
/// <param name="PrefillFromCache">A prompt of <see cref="KernelRates.PromptTokens"/>, weights in cache: operations a second.</param>
/// <param name="PrefillFromMemory">The same with weights from memory.</param>
public sealed record KernelRate(
    ElementType Type, string Kernel, CpuLevel Level, ArithmeticOperation Arithmetic,
    double DecodeFromCache, double DecodeFromMemory, double PrefillFromCache, double PrefillFromMemory);
