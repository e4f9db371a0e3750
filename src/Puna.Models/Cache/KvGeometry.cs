using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Models.Cache;

/// <summary>What of a model decides the size of its cache.</summary>
/// <param name="Classes">Layer classes; every layer of the model, 0 to n - 1, is in exactly one.</param>
/// <param name="NKvHeads">Key/value heads of a layer.</param>
/// <param name="HeadDim">Components of a head.</param>
public sealed record KvGeometry(IReadOnlyList<KvLayerClass> Classes, int NKvHeads, int HeadDim)
{
    /// <summary>Layers of the model.</summary>
    public int NLayers => Classes.Sum(c => c.Layers.Length);

    /// <summary>Shape of the pages of one class.</summary>
    /// <exception cref="ArgumentException">The type cannot hold such heads, or a size is not positive.</exception>
    public KvLayout LayoutOf(KvLayerClass layerClass, ElementType type, int pageTokens) =>
        new KvLayout(layerClass.Layers.Length, NKvHeads, HeadDim, type, pageTokens).Validated();

    /// <summary>Checks that the classes divide the model's layers among them.</summary>
    /// <exception cref="ArgumentException">A layer is missing or in two classes, or a chunk size is negative.</exception>
    public KvGeometry Validated()
    {
        int nLayers = NLayers;
        if (nLayers == 0) throw new ArgumentException("A KV cache needs at least one layer; the model's layer classes are empty.");

        bool[] seen = new bool[nLayers];
        foreach (KvLayerClass layerClass in Classes)
        {
            if (layerClass.Layers.Length == 0) throw new ArgumentException("A layer class of the KV cache has no layers.");
            if (layerClass.ChunkSize < 0)
                throw new ArgumentException($"A chunk of {layerClass.ChunkSize} positions cannot be: give a positive size, or 0 for layers that see everything.");

            foreach (int layer in layerClass.Layers)
            {
                if ((uint)layer >= (uint)nLayers || seen[layer])
                    throw new ArgumentException($"Layer {layer} is outside 0 to {nLayers - 1} or in two classes: every layer belongs to exactly one.");
                seen[layer] = true;
            }
        }

        return this;
    }
}
