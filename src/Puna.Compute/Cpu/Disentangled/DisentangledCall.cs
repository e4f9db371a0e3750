namespace Puna.Compute.Cpu.Disentangled;

/// <summary>Operands of <see cref="IEncoderBackend.DisentangledAttention"/>, checked.</summary>
internal readonly record struct DisentangledCall(
    HostActivations Q, HostActivations K, HostActivations V, HostActivations RelK, HostActivations RelQ, HostActivations Y, DisentangledSpec Spec);
