using System.Globalization;
using Puna.Compute;
using Puna.Tensors;
using Puna.Tensors.Quantization;
using Puna.Tensors.Storage;

namespace Puna.Models;

/// <summary>Finds a decoder's tensors by name, checks every shape against the config, and makes views of experts.</summary>
internal sealed unsafe class DecoderWeightsReader(IWeightSource source, WeightNames names, DecoderConfig config)
{
    private readonly List<NativeStorage> _owned = [];

    /// <summary>All weights.</summary>
    /// <exception cref="ModelException">A tensor is missing or has another shape than the config asks for.</exception>
    public DecoderWeights Read()
    {
        try
        {
            RefuseBiases();
            Tensor embedding = Matrix(names.Embedding, config.VocabSize, config.HiddenSize);
            Tensor output = Has(names.Output) ? Matrix(names.Output, config.VocabSize, config.HiddenSize) : embedding;
            DecoderLayerWeights[] layers = new DecoderLayerWeights[config.Layers.Count];
            for (int i = 0; i < layers.Length; i++) layers[i] = Layer(i);
            return new DecoderWeights(embedding, Vector(names.OutputNorm), output, layers, _owned);
        }
        catch
        {
            foreach (NativeStorage storage in _owned) storage.Dispose();
            throw;
        }
    }

    private DecoderLayerWeights Layer(int i)
    {
        int d = config.HiddenSize, q = config.NHeads * config.HeadDim, kv = config.NKvHeads * config.HeadDim;
        bool moe = names.Router is not null && Has(Name(names.Router, i));
        return new DecoderLayerWeights(
            Vector(Name(names.AttentionNorm, i)),
            Matrix(Name(names.Q, i), q, d), Matrix(Name(names.K, i), kv, d), Matrix(Name(names.V, i), kv, d), Matrix(Name(names.O, i), d, q),
            Vector(Name(names.FeedForwardNorm, i)),
            moe ? SharedExpert(i) : FeedForward(Name(names.Gate, i), Name(names.Up, i), Name(names.Down, i)),
            moe ? Experts(i) : null);
    }

    private FeedForwardWeights? SharedExpert(int i)
    {
        if (names.SharedGate is null || !Has(Name(names.SharedGate, i))) return null;
        return FeedForward(Name(names.SharedGate, i), Name(names.SharedUp!, i), Name(names.SharedDown!, i));
    }

    private FeedForwardWeights FeedForward(string gate, string up, string down)
    {
        Tensor g = Find(gate);
        int f = g.M;
        return new FeedForwardWeights(Matrix(gate, f, config.HiddenSize), Matrix(up, f, config.HiddenSize), Matrix(down, config.HiddenSize, f));
    }

    private ExpertWeights Experts(int i)
    {
        int e = config.NExperts, d = config.HiddenSize;
        if (e < 1) throw Error($"{Name(names.Router!, i)} is there, but the metadata gives no number of experts.");

        Tensor router = Matrix(Name(names.Router!, i), e, d);
        Tensor[] gate = new Tensor[e], up = new Tensor[e], down = new Tensor[e];
        for (int x = 0; x < e; x++) (gate[x], up[x], down[x]) = Expert(i, x);

        foreach (Tensor[] matrices in (ReadOnlySpan<Tensor[]>)[gate, up])
        {
            foreach (Tensor m in matrices) Check(m, gate[0].M, d);
        }

        foreach (Tensor m in down) Check(m, d, gate[0].M);
        return new ExpertWeights(router, gate, up, down, config.NExpertsUsed);
    }

    private (Tensor Gate, Tensor Up, Tensor Down) Expert(int layer, int e)
    {
        if (names.ExpertGate is not null && Has(Name(names.ExpertGate, layer, e)))
            return (Find(Name(names.ExpertGate, layer, e)), Find(Name(names.ExpertUp!, layer, e)), Find(Name(names.ExpertDown!, layer, e)));

        Tensor down = Slab(Name(names.ExpertsDown!, layer), e);
        if (names.ExpertsGateUp is not null && Has(Name(names.ExpertsGateUp, layer)))
        {
            Tensor both = Slab(Name(names.ExpertsGateUp, layer), e);
            if (both.M % 2 != 0) throw Error($"{both.Name} has {both.M} outputs; gate and up cannot be halves of that.");
            return (both.Outputs(0, both.M / 2), both.Outputs(both.M / 2, both.M / 2), down);
        }

        return (Slab(Name(names.ExpertsGate!, layer), e), Slab(Name(names.ExpertsUp!, layer), e), down);
    }

    private Tensor Slab(string name, int expert)
    {
        Tensor all = Find(name);
        if (all.Shape.Count != 3 || all.Shape[2] != config.NExperts)
            throw Error($"{name} is [{string.Join(", ", all.Shape)}]; the last size must be {config.NExperts}, the number of experts.");

        if (names.FusedExpertsAreTransposed) all = new Tensor(all.Name, all.Type, [.. all.Shape], all.Data, MatrixLayout.InOut);
        return all.Slab(expert);
    }

    private Tensor Matrix(string name, int outputs, int inputs)
    {
        Tensor tensor = Find(name);
        Check(tensor, outputs, inputs);
        return tensor;
    }

    private void Check(Tensor tensor, int outputs, int inputs)
    {
        if (tensor.Shape.Count > 2 || tensor.K != inputs || tensor.M != outputs)
            throw Error($"{tensor.Name} is [{string.Join(", ", tensor.Shape)}], innermost first; {outputs} outputs of {inputs} inputs are needed. The file's metadata and its weights do not belong together.");
    }

    /// <summary>A norm vector as float32: in place when it is so in the file, converted otherwise.</summary>
    private Tensor Vector(string name)
    {
        Tensor tensor = Find(name);
        if (tensor.Elements != config.HiddenSize) throw Error($"{name} has {tensor.Elements} elements; {config.HiddenSize} are needed.");
        if (tensor.Type == ElementType.F32) return tensor;

        NativeStorage storage = NativeStorage.Allocate(tensor.Elements * sizeof(float));
        _owned.Add(storage);
        Dequantizer.Dequantize(tensor.Type, tensor.Row(0), new Span<float>(storage.Pointer, config.HiddenSize));
        return new Tensor(name, ElementType.F32, [tensor.Elements], storage.Pointer);
    }

    private Tensor Find(string name)
    {
        if (!source.TryGet(names.Prefix + name, out Tensor? tensor)) throw Error($"the tensor {names.Prefix}{name} is missing.");
        if (names.ScaleSuffix is null || !source.TryGet(names.Prefix + name + names.ScaleSuffix, out Tensor? scales))
        {
            if (tensor.Type == ElementType.F8_E4M3) throw Error($"{tensor.Name} is F8_E4M3 but has no per-row scales ({names.Prefix}{name}{names.ScaleSuffix}).");
            return tensor;
        }

        if (scales.Elements != 1 && scales.Elements != tensor.M)
            throw Error($"{scales.Name} has {scales.Elements} scales; {tensor.Name} has {tensor.M} rows. Only per-row scales are supported.");
        if (scales.Elements == 1 && tensor.M != 1) scales = Repeat(scales, tensor.M);
        return new Tensor(tensor.Name, tensor.Type, [.. tensor.Shape], tensor.Data, tensor.Layout, tensor.RowStride, scales);
    }

    /// <summary>One scale for the whole matrix, written out per row.</summary>
    private Tensor Repeat(Tensor scale, int rows)
    {
        NativeStorage storage = NativeStorage.Allocate((long)rows * sizeof(float));
        _owned.Add(storage);
        Span<float> values = new(storage.Pointer, rows);
        Dequantizer.Dequantize(scale.Type, scale.Row(0), values[..1]);
        values.Fill(values[0]);
        return new Tensor(scale.Name, ElementType.F32, [rows], storage.Pointer);
    }

    /// <summary>A family of these names with biases is another network; running it without them would be silently wrong.</summary>
    private void RefuseBiases()
    {
        string marker = names.Prefix + names.Q[..names.Q.IndexOf('{', StringComparison.Ordinal)];
        string? bias = source.Names.FirstOrDefault(n => n.StartsWith(marker, StringComparison.Ordinal) && n.EndsWith(".bias", StringComparison.Ordinal));
        if (bias is not null) throw Error($"the tensor {bias} is a bias; Llama models have none, so this is another architecture.");
    }

    private bool Has(string name) => source.TryGet(names.Prefix + name, out _);

    private ModelException Error(string message) => new(source.Origin, message);

    private static string Name(string pattern, int layer, int expert = 0) => string.Format(CultureInfo.InvariantCulture, pattern, layer, expert);
}
