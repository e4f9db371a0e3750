namespace Puna.Compute.Kv;

/// <summary>The part of a cache that one layer reads and writes.</summary>
/// <param name="Pool">Pages of the layer's class.</param>
/// <param name="Layer">Index of the layer inside the class.</param>
/// <param name="Tables">Page table by cache slot (the batch's <see cref="Batch.Sequences"/>).</param>
public readonly record struct KvLayer(KvPool Pool, int Layer, KvPageTable[] Tables);
