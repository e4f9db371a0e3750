namespace Puna.Engine;

/// <summary>What an <see cref="InferenceEngine"/> has in hand, as of its last step.</summary>
/// <param name="Running">Sequences that are being computed.</param>
/// <param name="Waiting">Requests in line.</param>
/// <param name="Retained">Finished sequences whose cache is kept for prompts that begin alike.</param>
/// <param name="KvBytesUsed">Bytes of cache pages that running and retained sequences use.</param>
/// <param name="KvBytesAllocated">Bytes of cache pages held, free ones included.</param>
public readonly record struct EngineStatus(int Running, int Waiting, int Retained, long KvBytesUsed, long KvBytesAllocated);
