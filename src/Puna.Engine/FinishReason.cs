namespace Puna.Engine;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended its turn, or a stop string came.</summary>
    Stop,

    /// <summary>The token limit, the end of the context or the memory limit of the KV cache was reached.</summary>
    Length,

    /// <summary>The caller gave up.</summary>
    Cancelled,
}
