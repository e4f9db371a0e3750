using Puna.Compute;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Models;

/// <summary>A gated feed-forward network: gate and up [F, D], down [D, F].</summary>
public sealed record FeedForwardWeights(Tensor Gate, Tensor Up, Tensor Down)
{
    /// <summary>F.</summary>
    public int IntermediateSize => Gate.M;
}

/// <summary>Weights of one layer. A mixture layer has <see cref="Experts"/> and, in <see cref="Dense"/>, its shared expert.</summary>
/// <param name="AttentionNorm">[D], F32.</param>
/// <param name="Q">[nHeads * headDim, D].</param>
/// <param name="K">[nKvHeads * headDim, D].</param>
/// <param name="V">[nKvHeads * headDim, D].</param>
/// <param name="O">[D, nHeads * headDim].</param>
/// <param name="FeedForwardNorm">[D], F32.</param>
/// <param name="Dense">Dense network or shared expert.</param>
/// <param name="Experts">Router and routed experts, or null.</param>
public sealed record DecoderLayerWeights(Tensor AttentionNorm, Tensor Q, Tensor K, Tensor V, Tensor O,
    Tensor FeedForwardNorm, FeedForwardWeights? Dense, ExpertWeights? Experts);

/// <summary>All weights of a decoder: views into the model's files, plus the few small vectors converted to float32.</summary>
public sealed class DecoderWeights : IDisposable
{
    private readonly List<NativeStorage> _owned;

    internal DecoderWeights(Tensor embedding, Tensor outputNorm, Tensor output, IReadOnlyList<DecoderLayerWeights> layers, List<NativeStorage> owned)
    {
        Embedding = embedding;
        OutputNorm = outputNorm;
        Output = output;
        Layers = layers;
        _owned = owned;
    }

    /// <summary>[vocab, D].</summary>
    public Tensor Embedding { get; }

    /// <summary>[D], F32.</summary>
    public Tensor OutputNorm { get; }

    /// <summary>[vocab, D]; the embedding itself where they are tied.</summary>
    public Tensor Output { get; }

    /// <summary>Weights of each layer, first to last.</summary>
    public IReadOnlyList<DecoderLayerWeights> Layers { get; }

    /// <summary>Finds a decoder's tensors by name, checking every shape.</summary>
    /// <exception cref="ModelException">A tensor is missing or has another shape than the config asks for.</exception>
    public static DecoderWeights Read(IWeightSource source, WeightNames names, DecoderConfig config) =>
        new DecoderWeightsReader(source, names, config).Read();

    /// <summary>Frees the converted vectors; the files belong to whoever opened them.</summary>
    public void Dispose()
    {
        foreach (NativeStorage storage in _owned) storage.Dispose();
        _owned.Clear();
    }
}
