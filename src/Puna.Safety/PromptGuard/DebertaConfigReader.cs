using System.Text.Json;
using Puna.Formats.Safetensors;
using Puna.Models;
using Puna.Models.PromptGuard;

namespace Puna.Safety.PromptGuard;

/// <summary>Reads <c>config.json</c> of a DeBERTa-v2 classifier, and refuses every value that would make another network of it.</summary>
internal static class DebertaConfigReader
{
    internal static DebertaConfig Read(HuggingFaceConfig config, string origin)
    {
        string type = config.TryGetString("model_type", out string? named) ? named : "(none)";
        if (type != "deberta-v2") throw new ModelException(origin, $"model_type is '{type}'; a Prompt Guard model has deberta-v2.");

        Require("relative_attention", config.TryGetBool("relative_attention", out bool relative) && relative, "true");
        Require("share_att_key", config.TryGetBool("share_att_key", out bool share) && share, "true");
        Require("position_biased_input", config.TryGetBool("position_biased_input", out bool biased) && !biased, "false");
        Require("type_vocab_size", !config.TryGetInt32("type_vocab_size", out int types) || types == 0, "0");
        Require("norm_rel_ebd", config.TryGetString("norm_rel_ebd", out string? norm) && norm == "layer_norm", "layer_norm");
        Require("hidden_act", !config.TryGetString("hidden_act", out string? hidden) || hidden == "gelu", "gelu");
        Require("pooler_hidden_act", !config.TryGetString("pooler_hidden_act", out string? pooler) || pooler == "gelu", "gelu");
        Require("conv_kernel_size", !config.TryGetInt32("conv_kernel_size", out int kernel) || kernel == 0, "absent");
        Require("max_relative_positions", !config.TryGetInt32("max_relative_positions", out int most) || most < 1 || most == config.GetInt32("max_position_embeddings"), "-1");
        Require("embedding_size", !config.TryGetInt32("embedding_size", out int embedding) || embedding == config.GetInt32("hidden_size"), "hidden_size");
        string[] positions = Positions(config);
        Require("pos_att_type", positions.Length == 2 && positions.Contains("c2p") && positions.Contains("p2c"), "c2p and p2c");

        return new DebertaConfig
        {
            NLayers = config.GetInt32("num_hidden_layers"),
            HiddenSize = config.GetInt32("hidden_size"),
            NHeads = config.GetInt32("num_attention_heads"),
            IntermediateSize = config.GetInt32("intermediate_size"),
            VocabSize = config.GetInt32("vocab_size"),
            MaxPositions = config.GetInt32("max_position_embeddings"),
            PositionBuckets = config.GetInt32("position_buckets"),
            LayerNormEps = config.TryGetFloat64("layer_norm_eps", out double eps) ? (float)eps : 1e-7f,
            NLabels = Labels(config),
        };

        void Require(string name, bool fits, string wanted)
        {
            if (!fits) throw new ModelException(origin, $"config.json has another {name} than {wanted}, which no published Prompt Guard has; it is not supported.");
        }
    }

    /// <summary>A list, or a string with bars.</summary>
    private static string[] Positions(HuggingFaceConfig config) =>
        config.GetElement("pos_att_type") is not { } value ? []
        : value.ValueKind == JsonValueKind.String ? value.GetString()!.Split('|')
        : config.GetStringArray("pos_att_type");

    private static int Labels(HuggingFaceConfig config)
    {
        if (config.GetElement("id2label") is { ValueKind: JsonValueKind.Object } labels) return labels.EnumerateObject().Count();
        return config.TryGetInt32("num_labels", out int count) ? count : 2;
    }
}
