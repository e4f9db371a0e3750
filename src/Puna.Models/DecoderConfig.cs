using Puna.Compute;
using Puna.Models.Cache;

namespace Puna.Models;

/// <summary>How one decoder layer attends.</summary>
/// <param name="UsesRope">Rotate q and k by position.</param>
/// <param name="QkNorm">Normalise q and k per head after the rotation, without weights.</param>
/// <param name="ChunkSize">Length of the blocks a query is confined to, in tokens; 0 for none.</param>
/// <param name="Temperature">Scale queries by position, or null.</param>
public readonly record struct DecoderLayerConfig(bool UsesRope, bool QkNorm, int ChunkSize, TemperatureTuning? Temperature);

/// <summary>
/// What a decoder computes, whatever family it belongs to: widths, heads, rotation and, per layer, how it attends. Which
/// feed-forward a layer has is told by its weights.
/// </summary>
public sealed record DecoderConfig
{
    /// <summary>Family, such as <c>llama4</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Query heads.</summary>
    public required int NHeads { get; init; }

    /// <summary>Key/value heads; each serves <c>NHeads / NKvHeads</c> query heads.</summary>
    public required int NKvHeads { get; init; }

    /// <summary>Components of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Rows of the embedding table and of the logits.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Positions the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Epsilon of the norms.</summary>
    public required float RmsEps { get; init; }

    /// <summary>Rotation frequencies and which components they pair.</summary>
    public required RopeTable Rope { get; init; }

    /// <summary>One entry per layer.</summary>
    public required IReadOnlyList<DecoderLayerConfig> Layers { get; init; }

    /// <summary>Routed experts of a mixture layer; 0 for none.</summary>
    public int NExperts { get; init; }

    /// <summary>Experts used per token.</summary>
    public int NExpertsUsed { get; init; }

    /// <summary>What the KV cache needs to know.</summary>
    public KvGeometry KvGeometry => new(KvLayerClass.Group([.. Layers.Select(l => l.ChunkSize)]), NKvHeads, HeadDim);

    /// <summary>Checks the numbers against each other.</summary>
    /// <exception cref="ModelException">A size is impossible.</exception>
    public DecoderConfig Validated(string origin)
    {
        foreach ((string name, int value) in (ReadOnlySpan<(string, int)>)[("hidden size", HiddenSize), ("number of heads", NHeads), ("number of key/value heads", NKvHeads),
            ("head dimension", HeadDim), ("vocabulary size", VocabSize), ("context length", ContextLength), ("number of layers", Layers.Count)])
        {
            if (value < 1) throw new ModelException(origin, $"the {name} is {value}; it must be at least 1.");
        }

        if (NHeads % NKvHeads != 0) throw new ModelException(origin, $"{NHeads} query heads cannot share {NKvHeads} key/value heads evenly.");
        if (!float.IsFinite(RmsEps) || RmsEps < 0) throw new ModelException(origin, $"the epsilon of the norms is {RmsEps}; it must be a small positive number.");
        if (Rope.Dimensions > HeadDim) throw new ModelException(origin, $"{Rope.Dimensions} components are to be rotated, a head has {HeadDim}.");
        foreach (double frequency in Rope.Frequencies)
        {
            if (!double.IsFinite(frequency)) throw new ModelException(origin, $"a rotation frequency is {frequency}; check the RoPE base and factors.");
        }

        foreach (DecoderLayerConfig layer in Layers)
        {
            if (layer.ChunkSize < 0) throw new ModelException(origin, $"the attention chunk is {layer.ChunkSize} tokens; it must be positive, or 0 for none.");
            if (layer.Temperature is { } t && !(t.FloorScale > 0 && double.IsFinite(t.FloorScale) && double.IsFinite(t.AttentionScale)))
                throw new ModelException(origin, $"the temperature tuning has floor {t.FloorScale} and scale {t.AttentionScale}; the floor must be positive.");
        }

        if (NExperts < 0 || (NExperts > 0 && (NExpertsUsed < 1 || NExpertsUsed > NExperts)))
            throw new ModelException(origin, $"{NExpertsUsed} of {NExperts} experts are to be used; it must be 1 to {NExperts}.");
        return this;
    }
}
