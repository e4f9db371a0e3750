using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Puna.Models;
using Puna.Models.PromptGuard;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Tests.Models.PromptGuard;

/// <summary>
/// Weights of a DeBERTa classifier from a congruential generator, tensor t seeded with 12345 + 7919 t: the same numbers in
/// every language, so that results can be compared without a model file.
/// </summary>
internal sealed unsafe class CongruentialWeights : IWeightSource, IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly List<NativeStorage> _storage = [];

    internal CongruentialWeights(DebertaConfig config, float scale = 0.8f)
    {
        Scale = scale;
        foreach ((string name, long[] shape) in Shapes(config)) Add(name, shape);
    }

    public string Origin => "test";

    public IEnumerable<string> Names => _tensors.Keys;

    internal IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    private float Scale { get; }

    public bool TryGet(string name, [NotNullWhen(true)] out Tensor? tensor) => _tensors.TryGetValue(name, out tensor);

    internal Span<float> Values(string name) => new(_tensors[name].Data, (int)_tensors[name].Elements);

    /// <summary>A float32 copy of a tensor, by its name without suffix.</summary>
    internal float[] Copy(string name) => MemoryMarshal.Cast<byte, float>(new ReadOnlySpan<byte>(_tensors[name].Data, (int)_tensors[name].ByteLength)).ToArray();

    public void Dispose()
    {
        foreach (NativeStorage storage in _storage) storage.Dispose();
    }

    /// <summary>Names and shapes in file order, innermost size first.</summary>
    internal static IEnumerable<(string Name, long[] Shape)> Shapes(DebertaConfig config)
    {
        long h = config.HiddenSize, f = config.IntermediateSize;
        yield return ("deberta.embeddings.word_embeddings.weight", [h, config.VocabSize]);
        yield return ("deberta.embeddings.LayerNorm.weight", [h]);
        yield return ("deberta.embeddings.LayerNorm.bias", [h]);
        yield return ("deberta.encoder.rel_embeddings.weight", [h, 2 * config.PositionBuckets]);
        yield return ("deberta.encoder.LayerNorm.weight", [h]);
        yield return ("deberta.encoder.LayerNorm.bias", [h]);
        for (int i = 0; i < config.NLayers; i++)
        {
            string layer = $"deberta.encoder.layer.{i}.";
            foreach ((string part, long outputs, long inputs) in ((string, long, long)[])
                [("attention.self.query_proj", h, h), ("attention.self.key_proj", h, h), ("attention.self.value_proj", h, h), ("attention.output.dense", h, h),
                    ("attention.output.LayerNorm", h, 0), ("intermediate.dense", f, h), ("output.dense", h, f), ("output.LayerNorm", h, 0)])
            {
                yield return (layer + part + ".weight", inputs == 0 ? [outputs] : [inputs, outputs]);
                yield return (layer + part + ".bias", [outputs]);
            }
        }

        yield return ("pooler.dense.weight", [h, h]);
        yield return ("pooler.dense.bias", [h]);
        yield return ("classifier.weight", [h, config.NLabels]);
        yield return ("classifier.bias", [config.NLabels]);
    }

    private void Add(string name, long[] shape)
    {
        NativeStorage storage = NativeStorage.Allocate(shape.Aggregate(1L, (a, b) => a * b) * sizeof(float));
        _storage.Add(storage);
        Tensor tensor = new(name, ElementType.F32, shape, storage.Pointer);
        uint x = 12345u + (7919u * (uint)_tensors.Count);
        foreach (ref float value in new Span<float>(storage.Pointer, (int)tensor.Elements))
        {
            x = (1664525u * x) + 1013904223u;
            double u = (x / 4294967296.0) - 0.5;
            value = (float)(name.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? 1 + (0.2 * u)
                : name.EndsWith("embeddings.weight", StringComparison.Ordinal) ? u
                : Scale * u);
        }

        _tensors.Add(name, tensor);
    }
}
