using Puna.Compute;
using Puna.Formats.Gguf;
using Puna.Models;
using Puna.Models.Llama;
using Puna.Models.Llama4;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Loading;

/// <summary>GGUF metadata to model settings.</summary>
/// <remarks>
/// Besides the keys of llama.cpp's converter, those of Ollama's are read, and keys that spell out what llama.cpp takes
/// for granted in a Llama 4: <c>attention.chunk_size</c>, <c>attention.nope_interval</c>, <c>attention.temperature_floor</c>,
/// <c>attention.temperature_scale</c>, <c>use_qk_norm</c> and <c>attention.no_qk_norm</c>.
/// </remarks>
internal sealed class GgufConfigReader(GgufFile file, bool correctEarlyScoutRope)
{
    /// <summary>A model of 128 experts is Maverick, which has no QK norm; llama.cpp's files say it in no other way.</summary>
    private const int MaverickExperts = 128;

    private readonly GgufMetadata _metadata = file.Metadata;
    private readonly string _architecture = file.Metadata.GetString("general.architecture");
    private readonly List<string> _warnings = [];

    /// <summary>What the user should know about the file.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Settings of the network.</summary>
    /// <exception cref="ModelException">The architecture is not supported, or its settings are impossible.</exception>
    public DecoderConfig Read() => _architecture switch
    {
        "llama4" => Llama4().ToDecoder(file.Path),
        "llama" => Llama().ToDecoder(file.Path),
        _ => throw new ModelException(file.Path, $"architecture '{_architecture}' is not supported; Puna runs llama (Llama 2, 3) and llama4."),
    };

    private Llama4Config Llama4()
    {
        int nLayers = Int("block_count"), headDim = HeadDim(), nExperts = Int("expert_count", 0);
        RefuseScaling();
        (bool[] usesRope, int chunkSize) = Locality(nLayers);
        int ropeDimensions = Int("rope.dimension_count", headDim);
        IReadOnlyList<double> divisors = RopeDivisors(ropeDimensions);
        if (Llama4Config.IsEarlyScoutScaling(divisors)) divisors = EarlyScout(divisors);

        return new Llama4Config
        {
            NLayers = nLayers,
            HiddenSize = Int("embedding_length"),
            NHeads = Int("attention.head_count"),
            NKvHeads = Int("attention.head_count_kv", Int("attention.head_count")),
            HeadDim = headDim,
            VocabSize = VocabSize(),
            ContextLength = Int("context_length"),
            RmsEps = (float)Float("attention.layer_norm_rms_epsilon", 1e-5),
            RopeTheta = Float("rope.freq_base", 500000),
            RopeDimensions = ropeDimensions,
            RopeDivisors = divisors,
            ChunkSize = chunkSize,
            UsesRope = usesRope,
            Temperature = new TemperatureTuning(Float("attention.temperature_floor", 8192), Float("attention.temperature_scale", 0.1)),
            QkNorm = QkNorm(nExperts),
            NExperts = nExperts,
            NExpertsUsed = nExperts == 0 ? 0 : Int("expert_used_count"),
        };
    }

    private LlamaConfig Llama()
    {
        if (Int("expert_count", 0) > 0)
            throw new ModelException(file.Path, "this is a llama file with experts (Mixtral's design), whose router differs from Llama 4's; it is not supported.");

        int headDim = HeadDim(), ropeDimensions = Int("rope.dimension_count", headDim);
        return new LlamaConfig
        {
            NLayers = Int("block_count"),
            HiddenSize = Int("embedding_length"),
            NHeads = Int("attention.head_count"),
            NKvHeads = Int("attention.head_count_kv", Int("attention.head_count")),
            HeadDim = headDim,
            VocabSize = VocabSize(),
            ContextLength = Int("context_length"),
            RmsEps = (float)Float("attention.layer_norm_rms_epsilon", 1e-5),
            RopeTheta = Float("rope.freq_base", 10000),
            RopeDimensions = ropeDimensions,
            RopePairing = RopePairing.Adjacent,
            RopeLinearFactor = LinearFactor(),
            RopeDivisors = RopeDivisors(ropeDimensions),
        };
    }

    /// <summary>Which layers rotate and stay inside a chunk, and how long a chunk is.</summary>
    private (bool[] UsesRope, int ChunkSize) Locality(int nLayers)
    {
        bool hasWindow = _metadata.TryGetInt32(Key("attention.sliding_window"), out int window);
        int chunkSize = _metadata.TryGetInt32(Key("attention.chunk_size"), out int explicitChunk) ? explicitChunk
            : hasWindow ? window
            : Llama4Config.DefaultChunkSize;
        if (_metadata.TryGetInt32(Key("attention.nope_interval"), out int interval)) return (Llama4Config.RopeLayers(nLayers, interval), chunkSize);

        // A window of 0 is how converters write that every layer sees everything and has RoPE (Guard 4).
        if (hasWindow && window == 0) return (Llama4Config.RopeLayers(nLayers, 0), 0);
        if (!_metadata.TryGetEntry(Key("attention.sliding_window_pattern"), out GgufMetadataEntry? pattern)) return (Llama4Config.RopeLayers(nLayers, Llama4Config.DefaultNopeInterval), chunkSize);
        if (pattern.Type != GgufValueType.Array) return (Llama4Config.RopeLayers(nLayers, Int("attention.sliding_window_pattern")), chunkSize);

        bool[] local = _metadata.GetBoolArray(Key("attention.sliding_window_pattern"));
        if (local.Length != nLayers) throw new ModelException(file.Path, $"{Key("attention.sliding_window_pattern")} has {local.Length} entries for {nLayers} layers.");
        return (local, chunkSize);
    }

    private bool QkNorm(int nExperts)
    {
        if (_metadata.TryGetBool(Key("use_qk_norm"), out bool use)) return use;
        if (_metadata.TryGetBool(Key("attention.no_qk_norm"), out bool none)) return !none;
        return nExperts != MaverickExperts;
    }

    private double[] EarlyScout(IReadOnlyList<double> divisors)
    {
        if (!correctEarlyScoutRope)
        {
            _warnings.Add("The RoPE factors of this file (8, with an interpolated band) come from the configuration Scout was first released with. "
                + "Meta's own are a plain 16. Long prompts will suffer: download a newer conversion, or correct the factors while loading (--correct-rope).");
            return [.. divisors];
        }

        _warnings.Add("The RoPE factors of this file come from Scout's first configuration; Meta's own (16, no interpolation) are used instead.");
        double[] frequencies = RopeTable.BaseFrequencies(2 * divisors.Count, Float("rope.freq_base", 500000));
        return [.. frequencies.Select(f => f / RopeTable.ScaleLlama3(f, 16, 1, 1, 8192))];
    }

    private double[] RopeDivisors(int ropeDimensions)
    {
        if (!file.TryGetTensor("rope_freqs.weight", out Tensor? tensor)) return [];
        if (tensor.Rows != 1 || tensor.Elements != ropeDimensions / 2)
            throw new ModelException(file.Path, $"{tensor.Name} is [{string.Join(", ", tensor.Shape)}]; {ropeDimensions / 2} RoPE factors are needed, one for each pair of components.");

        float[] values = new float[tensor.Elements];
        Dequantizer.Dequantize(tensor.Type, tensor.Row(0), values);
        return [.. values.Select(v => (double)v)];
    }

    private double LinearFactor()
    {
        if (!_metadata.TryGetString(Key("rope.scaling.type"), out string? type))
            return _metadata.TryGetFloat64(Key("rope.scale_linear"), out double old) ? old : 1;
        return type switch
        {
            "none" => 1,
            "linear" => Float("rope.scaling.factor", 1),
            _ => throw new ModelException(file.Path, $"{Key("rope.scaling.type")} is '{type}'; none and linear are supported."),
        };
    }

    private void RefuseScaling()
    {
        if (LinearFactor() != 1) throw new ModelException(file.Path, $"{Key("rope.scaling.factor")} is {LinearFactor()}; a llama4 file carries its scaling in rope_freqs.weight.");
    }

    private int HeadDim()
    {
        int headDim = Int("attention.key_length", Int("embedding_length") / Math.Max(1, Int("attention.head_count")));
        int valueDim = Int("attention.value_length", headDim);
        if (valueDim != headDim) throw new ModelException(file.Path, $"keys have {headDim} components and values {valueDim}; they must be equal.");
        return headDim;
    }

    /// <summary>Rows of the embedding: what the network has. The metadata may leave it out.</summary>
    private int VocabSize()
    {
        Tensor embedding = file.GetTensor(WeightNames.Gguf.Embedding);
        int rows = checked((int)embedding.Rows);
        if (_metadata.TryGetInt32(Key("vocab_size"), out int stated) && stated != rows)
            throw new ModelException(file.Path, $"{Key("vocab_size")} is {stated}, but {embedding.Name} has {rows} rows.");
        return rows;
    }

    private string Key(string name) => $"{_architecture}.{name}";

    private int Int(string name) => _metadata.GetInt32(Key(name));

    private int Int(string name, int fallback) => _metadata.TryGetInt32(Key(name), out int value) ? value : fallback;

    private double Float(string name, double fallback) => _metadata.TryGetFloat64(Key(name), out double value) ? value : fallback;
}
