namespace Puna.Server.Batches;

/// <summary>A request of a batch.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Line">Its place, from 1.</param>
/// <param name="CustomId">What the client calls it.</param>
/// <param name="Body">The request, JSON.</param>
internal sealed record BatchItem(string Batch, int Line, string CustomId, byte[] Body);
