using Puna.Tensors;

namespace Puna.Planning;

/// <summary>What a plan is made for.</summary>
public sealed record PlanOptions
{
    /// <summary>Tokens of the conversation; null for what the model was made for, at most 32,768.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Element type of the KV cache: F32, F16, Q8_0 or Q4_0.</summary>
    public ElementType KvType { get; init; } = ElementType.F16;

    /// <summary>Bytes of memory to fit into; null for what this machine has available.</summary>
    public long? AvailableBytes { get; init; }

    /// <summary>Bytes per second that memory is read with, or null if unknown.</summary>
    public double? BytesPerSecond { get; init; }
}
