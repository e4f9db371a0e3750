using System.Runtime.InteropServices;
using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Tests.Fidelity;

/// <summary>
/// A model of any shape with seeded Gaussian weights: what goes into its GGUF file, and the same weights, decoded, for an
/// independent computation. The same settings always give the same file.
/// </summary>
/// <remarks>Spreads are chosen so that hidden states stay near unit scale and attention and routing are neither flat nor one-hot.</remarks>
internal sealed record RandomModel
{
    internal const float RmsEps = 1e-5f;

    /// <summary>Name in the list of cases.</summary>
    public string Name { get; init; } = "model";

    /// <summary><c>llama4</c> or <c>llama</c>.</summary>
    public string Architecture { get; init; } = "llama4";

    public int Layers { get; init; } = 4;

    public int HiddenSize { get; init; } = 64;

    public int Heads { get; init; } = 4;

    public int KvHeads { get; init; } = 2;

    public int HeadDim { get; init; } = 16;

    public int ExpertSize { get; init; } = 48;

    public int DenseSize { get; init; } = 80;

    /// <summary>Routed experts; 0 for a dense model.</summary>
    public int Experts { get; init; }

    public int ExpertsUsed { get; init; } = 1;

    /// <summary>Layer i is a mixture where (i + 1) % MoeStep == 0.</summary>
    public int MoeStep { get; init; } = 1;

    public int VocabSize { get; init; } = 96;

    public float RopeBase { get; init; } = 10000;

    /// <summary>Components rotated, or null to leave the key out (the whole head).</summary>
    public int? RopeDimensions { get; init; }

    /// <summary>Contents of <c>rope_freqs.weight</c>, or empty for none.</summary>
    public float[] RopeDivisors { get; init; } = [];

    /// <summary>No <c>output.weight</c>: the embedding serves as both.</summary>
    public bool Tied { get; init; }

    /// <summary><c>attention.chunk_size</c>, or null to leave it out.</summary>
    public int? ChunkSize { get; init; }

    /// <summary><c>attention.nope_interval</c>, or null to leave it out.</summary>
    public int? NopeInterval { get; init; }

    /// <summary><c>attention.sliding_window</c>, or null to leave it out; 0 says RoPE and full attention everywhere.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary><c>attention.temperature_floor</c>, or null to leave it out.</summary>
    public float? TemperatureFloor { get; init; }

    /// <summary><c>use_qk_norm</c>, or null to leave it out.</summary>
    public bool? UseQkNorm { get; init; }

    /// <summary><c>attention.no_qk_norm</c>, or null to leave it out.</summary>
    public bool? NoQkNorm { get; init; }

    /// <summary>Type of every matrix but the router, which quantizers leave in F32.</summary>
    public ElementType Type { get; init; } = ElementType.F32;

    public int Seed { get; init; } = 1;

    /// <summary>Whether layer <paramref name="i"/> has experts.</summary>
    public bool IsMixture(int i) => Experts > 0 && (i + 1) % MoeStep == 0;

    /// <inheritdoc/>
    public override string ToString() => Type == ElementType.F32 ? Name : $"{Name}, {Type.Name()}";

    /// <summary>Writes the GGUF file and returns what it holds, decoded, by tensor name.</summary>
    public IReadOnlyDictionary<string, double[]> Write(string path)
    {
        using GgufWriter writer = GgufWriter.Create(path);
        AddMetadata(writer);
        List<(string Name, long[] Shape)> tensors = [.. Tensors()];
        foreach ((string name, long[] shape) in tensors) writer.DeclareTensor(name, TypeOf(name, shape), shape);

        Dictionary<string, double[]> decoded = [];
        foreach ((string name, long[] shape) in tensors)
        {
            byte[] stored = Encode(TypeOf(name, shape), Values(name, shape));
            writer.Write(name, stored);
            decoded[name] = Decode(TypeOf(name, shape), stored);
        }

        writer.Complete();
        return decoded;
    }

    private void AddMetadata(GgufWriter writer)
    {
        writer.AddString("general.architecture", Architecture);
        Int("block_count", Layers);
        Int("context_length", 16_777_216);
        Int("embedding_length", HiddenSize);
        Int("feed_forward_length", DenseSize);
        Int("attention.head_count", Heads);
        Int("attention.head_count_kv", KvHeads);
        Int("attention.key_length", HeadDim);
        Int("attention.value_length", HeadDim);
        Int("vocab_size", VocabSize);
        writer.Add($"{Architecture}.rope.freq_base", RopeBase);
        writer.Add($"{Architecture}.attention.layer_norm_rms_epsilon", RmsEps);
        if (RopeDimensions is { } rotated) Int("rope.dimension_count", rotated);
        if (Architecture != "llama4") return;

        Int("expert_count", Experts);
        Int("expert_used_count", Experts == 0 ? 0 : ExpertsUsed);
        Int("interleave_moe_layer_step", Experts == 0 ? 0 : MoeStep);
        Int("expert_feed_forward_length", ExpertSize);
        if (ChunkSize is { } chunk) Int("attention.chunk_size", chunk);
        if (NopeInterval is { } interval) Int("attention.nope_interval", interval);
        if (SlidingWindow is { } window) Int("attention.sliding_window", window);
        if (TemperatureFloor is { } floor) writer.Add("llama4.attention.temperature_floor", floor);
        if (UseQkNorm is { } use) writer.Add("llama4.use_qk_norm", use);
        if (NoQkNorm is { } none) writer.Add("llama4.attention.no_qk_norm", none);

        void Int(string key, int value) => writer.Add($"{Architecture}.{key}", (uint)value);
    }

    /// <summary>Names and shapes, innermost size first.</summary>
    private IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        int d = HiddenSize, q = Heads * HeadDim, kv = KvHeads * HeadDim;
        yield return ("token_embd.weight", [d, VocabSize]);
        yield return ("output_norm.weight", [d]);
        if (!Tied) yield return ("output.weight", [d, VocabSize]);
        if (RopeDivisors.Length > 0) yield return ("rope_freqs.weight", [RopeDivisors.Length]);
        for (int i = 0; i < Layers; i++)
        {
            string layer = $"blk.{i}.";
            yield return (layer + "attn_norm.weight", [d]);
            yield return (layer + "attn_q.weight", [d, q]);
            yield return (layer + "attn_k.weight", [d, kv]);
            yield return (layer + "attn_v.weight", [d, kv]);
            yield return (layer + "attn_output.weight", [q, d]);
            yield return (layer + "ffn_norm.weight", [d]);
            bool mixture = IsMixture(i);
            int f = mixture ? ExpertSize : DenseSize;
            string suffix = mixture ? "_shexp.weight" : ".weight";
            yield return (layer + "ffn_gate" + suffix, [d, f]);
            yield return (layer + "ffn_up" + suffix, [d, f]);
            yield return (layer + "ffn_down" + suffix, [f, d]);
            if (!mixture) continue;

            yield return (layer + "ffn_gate_inp.weight", [d, Experts]);
            yield return (layer + "ffn_gate_exps.weight", [d, f, Experts]);
            yield return (layer + "ffn_up_exps.weight", [d, f, Experts]);
            yield return (layer + "ffn_down_exps.weight", [f, d, Experts]);
        }
    }

    private ElementType TypeOf(string name, long[] shape) =>
        shape.Length == 1 || name.EndsWith("ffn_gate_inp.weight", StringComparison.Ordinal) ? ElementType.F32 : Type;

    private float[] Values(string name, long[] shape)
    {
        if (name == "rope_freqs.weight") return RopeDivisors;

        (double mean, double spread) = Spread(name, shape);
        Random random = new(HashCodeOf(name) ^ Seed);
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())); // Box and Muller
            values[i] = (float)(mean + (spread * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }

        return values;
    }

    private (double Mean, double Spread) Spread(string name, long[] shape)
    {
        if (shape.Length == 1) return (1, 0.1);

        double unit = 1 / Math.Sqrt(shape[0]);
        return name[(name.LastIndexOf('.', name.Length - ".weight".Length - 1) + 1)..] switch
        {
            "token_embd.weight" => (0, Tied ? 2 * unit : 0.1),
            "output.weight" => (0, 3 * unit),
            "ffn_gate_inp.weight" => (0, 2 * unit),
            "attn_q.weight" or "attn_k.weight" => (0, 1.5 * unit),
            "attn_output.weight" => (0, 0.5 * unit),
            string down when down.StartsWith("ffn_down", StringComparison.Ordinal) => (0, 0.4 * unit),
            _ => (0, unit),
        };
    }

    private static byte[] Encode(ElementType type, float[] values)
    {
        byte[] stored = new byte[type.ByteSize(values.Length)];
        if (type == ElementType.F32) MemoryMarshal.AsBytes<float>(values).CopyTo(stored);
        else Quantizer.Quantize(type, values, stored);
        return stored;
    }

    private static double[] Decode(ElementType type, byte[] stored)
    {
        float[] values = new float[stored.Length / type.BlockBytes() * type.BlockLength()];
        Dequantizer.DequantizeScalar(type, stored, values);
        return [.. values.Select(v => (double)v)];
    }

    /// <summary>FNV-1a: the same in every process, unlike the runtime's own.</summary>
    private static int HashCodeOf(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text) hash = (hash ^ c) * 16777619;
        return (int)hash;
    }
}
