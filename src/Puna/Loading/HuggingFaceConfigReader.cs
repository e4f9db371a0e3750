using System.Text.Json;
using Puna.Compute;
using Puna.Formats.Safetensors;
using Puna.Models;
using Puna.Models.Llama;
using Puna.Models.Llama4;

namespace Puna.Loading;

/// <summary><c>config.json</c> of a Hugging Face model to model settings.</summary>
/// <remarks>Source: Hugging Face transformers, configuration_llama4.py and configuration_llama.py.</remarks>
internal sealed class HuggingFaceConfigReader(HuggingFaceConfig config, string origin)
{
    /// <summary>Settings of the network and the names its tensors go by, without the prefix of multimodal files.</summary>
    /// <exception cref="ModelException">The model type is not supported, or its settings are impossible.</exception>
    internal (DecoderConfig Config, WeightNames Names) Read()
    {
        RefuseQuantization();
        string type = config.GetString("model_type");
        return type switch
        {
            "llama4" or "llama4_text" => (Llama4().ToDecoder(origin), WeightNames.HuggingFaceLlama4),
            "llama" => (Llama().ToDecoder(origin), WeightNames.HuggingFaceLlama),
            _ => throw new ModelException(origin, $"model_type '{type}' is not supported; Puna runs llama (Llama 2, 3) and llama4."),
        };
    }

    /// <summary>Base of the rotation frequencies, before any scaling.</summary>
    internal double RopeTheta =>
        config.TryGetSection("rope_parameters", out HuggingFaceConfig? rope) && rope.TryGetFloat64("rope_theta", out double nested) ? nested
        : Float("rope_theta", config.GetString("model_type") == "llama" ? 10000 : 500000);

    private Llama4Config Llama4()
    {
        int nLayers = config.GetInt32("num_hidden_layers"), headDim = HeadDim();
        int nExperts = Int("num_local_experts", 0);
        return new Llama4Config
        {
            NLayers = nLayers,
            HiddenSize = config.GetInt32("hidden_size"),
            NHeads = config.GetInt32("num_attention_heads"),
            NKvHeads = Int("num_key_value_heads", config.GetInt32("num_attention_heads")),
            HeadDim = headDim,
            VocabSize = config.GetInt32("vocab_size"),
            ContextLength = config.GetInt32("max_position_embeddings"),
            RmsEps = (float)Float("rms_norm_eps", 1e-5),
            RopeTheta = RopeTheta,
            RopeDimensions = headDim,
            RopeScaling = Scaling(),
            ChunkSize = config.IsNull("attention_chunk_size") ? 0 : Int("attention_chunk_size", Llama4Config.DefaultChunkSize),
            UsesRope = RopeLayers(nLayers),
            Temperature = UsesTemperature() ? new TemperatureTuning(Float("floor_scale", 8192), Float("attn_scale", 0.1)) : null,
            QkNorm = !config.TryGetBool("use_qk_norm", out bool qkNorm) || qkNorm,
            NExperts = nExperts,
            NExpertsUsed = nExperts == 0 ? 0 : Int("num_experts_per_tok", 1),
        };
    }

    private LlamaConfig Llama()
    {
        foreach (string bias in (ReadOnlySpan<string>)["attention_bias", "mlp_bias"])
        {
            if (config.TryGetBool(bias, out bool on) && on) throw new ModelException(origin, $"config.json sets {bias}; Llama models have no biases, so this is another architecture.");
        }

        int headDim = HeadDim();
        return new LlamaConfig
        {
            NLayers = config.GetInt32("num_hidden_layers"),
            HiddenSize = config.GetInt32("hidden_size"),
            NHeads = config.GetInt32("num_attention_heads"),
            NKvHeads = Int("num_key_value_heads", config.GetInt32("num_attention_heads")),
            HeadDim = headDim,
            VocabSize = config.GetInt32("vocab_size"),
            ContextLength = config.GetInt32("max_position_embeddings"),
            RmsEps = (float)Float("rms_norm_eps", 1e-6),
            RopeTheta = RopeTheta,
            RopeDimensions = headDim,
            RopePairing = RopePairing.HalfSplit,
            RopeScaling = Scaling(),
        };
    }

    /// <summary>The list's 1 means "this layer uses RoPE", whatever its name says; an empty or missing list follows the interval.</summary>
    private bool[] RopeLayers(int nLayers)
    {
        if (!config.TryGetInt32Array("no_rope_layers", out int[]? list) || list is null || list.Length == 0)
            return Llama4Config.RopeLayers(nLayers, Int("no_rope_layer_interval", Llama4Config.DefaultNopeInterval));
        if (list.Length != nLayers) throw new ModelException(origin, $"no_rope_layers has {list.Length} entries for {nLayers} layers.");
        return [.. list.Select(usesRope => usesRope != 0)];
    }

    /// <summary>Older configs store the number 4 where newer ones store true; any value but false or 0 means on.</summary>
    private bool UsesTemperature()
    {
        if (config.GetElement("attn_temperature_tuning") is not { } value) return true;
        return value.ValueKind == JsonValueKind.Number ? value.GetDouble() != 0 : config.GetBool("attn_temperature_tuning");
    }

    private RopeScaling? Scaling()
    {
        if (!config.TryGetSection("rope_parameters", out HuggingFaceConfig? rope) && !config.TryGetSection("rope_scaling", out rope)) return null;

        string type = rope.TryGetString("rope_type", out string? named) ? named! : rope.TryGetString("type", out string? old) ? old! : "default";
        return type switch
        {
            "default" => null,
            "llama3" => new RopeScaling(rope.GetFloat64("factor"), rope.GetFloat64("low_freq_factor"), rope.GetFloat64("high_freq_factor"),
                rope.GetFloat64("original_max_position_embeddings")),
            _ => throw new ModelException(origin, $"{rope.JsonPath}.rope_type is '{type}'; default and llama3 are supported."),
        };
    }

    private int HeadDim() => Int("head_dim", config.GetInt32("hidden_size") / Math.Max(1, config.GetInt32("num_attention_heads")));

    /// <summary>FP8 with a scale per output row is read; anything packed otherwise must not be mistaken for plain numbers.</summary>
    private void RefuseQuantization()
    {
        if (config.QuantizationConfig is not { } quantization || quantization.ValueKind != JsonValueKind.Object) return;

        string method = quantization.TryGetProperty("quant_method", out JsonElement m) ? m.ToString() : "(none)";
        if (method is not ("compressed-tensors" or "fbgemm_fp8"))
            throw new ModelException(origin, $"quantization_config.quant_method is '{method}'; compressed-tensors and fbgemm_fp8 (FP8 with per-row scales) are supported.");
        if (method == "fbgemm_fp8") return;

        if (!quantization.TryGetProperty("config_groups", out JsonElement groups) || groups.ValueKind != JsonValueKind.Object) return;
        foreach (JsonProperty group in groups.EnumerateObject())
        {
            if (group.Value.ValueKind != JsonValueKind.Object || !group.Value.TryGetProperty("weights", out JsonElement weights)
                || weights.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            int bits = weights.TryGetProperty("num_bits", out JsonElement b) && b.TryGetInt32(out int n) ? n : 8;
            string type = weights.TryGetProperty("type", out JsonElement t) ? t.ToString() : "float";
            string strategy = weights.TryGetProperty("strategy", out JsonElement s) ? s.ToString() : "channel";
            if (bits != 8 || type != "float" || strategy is not ("channel" or "tensor"))
                throw new ModelException(origin, $"quantization_config.config_groups.{group.Name}.weights is {bits}-bit {type} by {strategy}; 8-bit float by channel or tensor is supported.");
        }
    }

    private int Int(string name, int fallback) => config.TryGetInt32(name, out int value) ? value : fallback;

    private double Float(string name, double fallback) => config.TryGetFloat64(name, out double value) ? value : fallback;
}
