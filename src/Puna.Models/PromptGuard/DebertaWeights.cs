using Puna.Tensors;
using Puna.Tensors.Quantization;
using Puna.Tensors.Storage;

namespace Puna.Models.PromptGuard;

/// <summary>A matrix and its bias.</summary>
internal sealed record Linear(Tensor Weight, Tensor Bias);

/// <summary>Weight and bias of a layer norm.</summary>
internal sealed record NormWeights(Tensor Weight, Tensor Bias);

/// <summary>Weights of one encoder layer.</summary>
internal sealed record DebertaLayerWeights(
    Linear Q, Linear K, Linear V, Linear AttentionOutput, NormWeights AttentionNorm, Linear Intermediate, Linear Output, NormWeights OutputNorm);

/// <summary>
/// Weights of a DeBERTa-v2 classifier, by the names of its safetensors file. Matrices stay where they are; vectors that are
/// not float32 are converted once.
/// </summary>
public sealed unsafe class DebertaWeights : IDisposable
{
    private readonly IWeightSource _source;
    private readonly List<NativeStorage> _owned = [];

    private DebertaWeights(IWeightSource source, DebertaConfig config)
    {
        _source = source;
        try
        {
            int h = config.HiddenSize, f = config.IntermediateSize;
            Embedding = Matrix("deberta.embeddings.word_embeddings.weight", config.VocabSize, h);
            EmbeddingNorm = Norm("deberta.embeddings.LayerNorm", h);
            Relative = Matrix("deberta.encoder.rel_embeddings.weight", 2 * config.PositionBuckets, h);
            RelativeNorm = Norm("deberta.encoder.LayerNorm", h);
            DebertaLayerWeights[] layers = new DebertaLayerWeights[config.NLayers];
            for (int i = 0; i < layers.Length; i++)
            {
                string layer = $"deberta.encoder.layer.{i}.";
                layers[i] = new DebertaLayerWeights(
                    Linear(layer + "attention.self.query_proj", h, h), Linear(layer + "attention.self.key_proj", h, h), Linear(layer + "attention.self.value_proj", h, h),
                    Linear(layer + "attention.output.dense", h, h), Norm(layer + "attention.output.LayerNorm", h),
                    Linear(layer + "intermediate.dense", f, h), Linear(layer + "output.dense", h, f), Norm(layer + "output.LayerNorm", h));
            }

            Layers = layers;
            Pooler = Linear("pooler.dense", h, h);
            Classifier = Linear("classifier", config.NLabels, h);
            RefuseUnknown(config);
        }
        catch
        {
            Dispose(); // vectors that were converted before
            throw;
        }
    }

    internal Tensor Embedding { get; }

    internal NormWeights EmbeddingNorm { get; }

    internal Tensor Relative { get; }

    internal NormWeights RelativeNorm { get; }

    internal IReadOnlyList<DebertaLayerWeights> Layers { get; }

    internal Linear Pooler { get; }

    internal Linear Classifier { get; }

    /// <summary>Finds every tensor and checks its shape.</summary>
    /// <exception cref="ModelException">A tensor is missing, has another shape, or belongs to a part that is not supported.</exception>
    public static DebertaWeights Read(IWeightSource source, DebertaConfig config)
    {
        config.Check(source.Origin);
        return new DebertaWeights(source, config);
    }

    /// <summary>Frees converted vectors.</summary>
    public void Dispose()
    {
        foreach (NativeStorage storage in _owned) storage.Dispose();
        _owned.Clear();
    }

    private Linear Linear(string name, int outputs, int inputs) => new(Matrix(name + ".weight", outputs, inputs), Vector(name + ".bias", outputs));

    private NormWeights Norm(string name, int width) => new(Vector(name + ".weight", width), Vector(name + ".bias", width));

    private Tensor Matrix(string name, int outputs, int inputs)
    {
        Tensor tensor = Find(name);
        if (tensor.Shape.Count > 2 || tensor.K != inputs || tensor.M != outputs)
            throw Error($"{name} is [{string.Join(", ", tensor.Shape)}], innermost first; {outputs} outputs of {inputs} inputs are needed. config.json and the weights do not belong together.");
        return tensor;
    }

    private Tensor Vector(string name, int length)
    {
        Tensor tensor = Find(name);
        if (tensor.Elements != length) throw Error($"{name} has {tensor.Elements} elements; {length} are needed.");
        if (tensor.Type == ElementType.F32) return tensor;

        NativeStorage storage = NativeStorage.Allocate((long)length * sizeof(float));
        _owned.Add(storage);
        Dequantizer.Dequantize(tensor.Type, tensor.Row(0), new Span<float>(storage.Pointer, length));
        return new Tensor(name, ElementType.F32, [length], storage.Pointer);
    }

    /// <summary>A layer that this network does not have would be left out in silence.</summary>
    private void RefuseUnknown(DebertaConfig config)
    {
        foreach (string name in _source.Names)
        {
            bool foreign = name.Contains("conv", StringComparison.Ordinal) || name.Contains("pos_key_proj", StringComparison.Ordinal)
                || name.Contains("pos_query_proj", StringComparison.Ordinal) || name.Contains("embed_proj", StringComparison.Ordinal)
                || name.StartsWith($"deberta.encoder.layer.{config.NLayers}.", StringComparison.Ordinal);
            if (foreign) throw Error($"the tensor {name} belongs to a part of DeBERTa that is not supported here, or config.json counts fewer layers.");
        }
    }

    private Tensor Find(string name) => _source.TryGet(name, out Tensor? tensor) ? tensor : throw Error($"the tensor {name} is missing.");

    private ModelException Error(string message) => new(_source.Origin, message);
}
