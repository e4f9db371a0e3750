using Puna.Compute.Kv;

namespace Puna.Compute.Cpu.Attention;

/// <summary>Operands of one attention op, checked.</summary>
/// <param name="Queries">[rows, nHeads * headDim].</param>
/// <param name="Batch">Position and sequence of each row.</param>
/// <param name="Layer">The layer's part of the cache.</param>
/// <param name="Pool">The layer's pages.</param>
/// <param name="Spec">Geometry and mask.</param>
/// <param name="Output">[rows, nHeads * headDim].</param>
internal readonly record struct AttentionCall(
    HostActivations Queries, Batch Batch, KvLayer Layer, HostKvPool Pool, AttentionSpec Spec, HostActivations Output)
{
    /// <summary>First position that a query at <paramref name="pos"/> sees; it sees all from there to its own.</summary>
    public int FirstKey(KvPageTable table, int pos) => Math.Max(table.FirstPos, Spec.FirstVisible(pos));
}
