namespace Puna.Models;

/// <summary>
/// Names of a decoder's tensors in one file format; <c>{0}</c> stands for the layer and <c>{1}</c> for the expert. Null
/// where a format or family has no such tensor.
/// </summary>
public sealed record WeightNames
{
    public required string Embedding { get; init; }

    public required string OutputNorm { get; init; }

    public required string Output { get; init; }

    public required string AttentionNorm { get; init; }

    public required string Q { get; init; }

    public required string K { get; init; }

    public required string V { get; init; }

    public required string O { get; init; }

    public required string FeedForwardNorm { get; init; }

    public required string Gate { get; init; }

    public required string Up { get; init; }

    public required string Down { get; init; }

    public string? Router { get; init; }

    public string? SharedGate { get; init; }

    public string? SharedUp { get; init; }

    public string? SharedDown { get; init; }

    /// <summary>All experts' gates in one [E, F, D] tensor.</summary>
    public string? ExpertsGate { get; init; }

    public string? ExpertsUp { get; init; }

    public string? ExpertsDown { get; init; }

    /// <summary>Gates then ups of all experts in one tensor: [E, 2F, D] in GGUF, [E, D, 2F] transposed in safetensors.</summary>
    public string? ExpertsGateUp { get; init; }

    /// <summary>True when the fused expert tensors are stored [in, out].</summary>
    public bool FusedExpertsAreTransposed { get; init; }

    /// <summary>One expert's gate, where a file keeps experts apart.</summary>
    public string? ExpertGate { get; init; }

    public string? ExpertUp { get; init; }

    public string? ExpertDown { get; init; }

    /// <summary>Appended to a weight's name gives the name of its per-row scales (FP8), or null.</summary>
    public string? ScaleSuffix { get; init; }

    /// <summary>Put before every name that is looked up.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>GGUF, for llama and llama4.</summary>
    public static WeightNames Gguf { get; } = new()
    {
        Embedding = "token_embd.weight",
        OutputNorm = "output_norm.weight",
        Output = "output.weight",
        AttentionNorm = "blk.{0}.attn_norm.weight",
        Q = "blk.{0}.attn_q.weight",
        K = "blk.{0}.attn_k.weight",
        V = "blk.{0}.attn_v.weight",
        O = "blk.{0}.attn_output.weight",
        FeedForwardNorm = "blk.{0}.ffn_norm.weight",
        Gate = "blk.{0}.ffn_gate.weight",
        Up = "blk.{0}.ffn_up.weight",
        Down = "blk.{0}.ffn_down.weight",
        Router = "blk.{0}.ffn_gate_inp.weight",
        SharedGate = "blk.{0}.ffn_gate_shexp.weight",
        SharedUp = "blk.{0}.ffn_up_shexp.weight",
        SharedDown = "blk.{0}.ffn_down_shexp.weight",
        ExpertsGate = "blk.{0}.ffn_gate_exps.weight",
        ExpertsUp = "blk.{0}.ffn_up_exps.weight",
        ExpertsDown = "blk.{0}.ffn_down_exps.weight",
        ExpertsGateUp = "blk.{0}.ffn_gate_up_exps.weight",
    };

    /// <summary>Hugging Face safetensors of Llama 2 and 3.</summary>
    public static WeightNames HuggingFaceLlama { get; } = new()
    {
        Embedding = "model.embed_tokens.weight",
        OutputNorm = "model.norm.weight",
        Output = "lm_head.weight",
        AttentionNorm = "model.layers.{0}.input_layernorm.weight",
        Q = "model.layers.{0}.self_attn.q_proj.weight",
        K = "model.layers.{0}.self_attn.k_proj.weight",
        V = "model.layers.{0}.self_attn.v_proj.weight",
        O = "model.layers.{0}.self_attn.o_proj.weight",
        FeedForwardNorm = "model.layers.{0}.post_attention_layernorm.weight",
        Gate = "model.layers.{0}.mlp.gate_proj.weight",
        Up = "model.layers.{0}.mlp.up_proj.weight",
        Down = "model.layers.{0}.mlp.down_proj.weight",
        ScaleSuffix = "_scale",
    };

    /// <summary>Hugging Face safetensors of Llama 4; multimodal files put <c>language_model.</c> before each name.</summary>
    public static WeightNames HuggingFaceLlama4 { get; } = HuggingFaceLlama with
    {
        Gate = "model.layers.{0}.feed_forward.gate_proj.weight",
        Up = "model.layers.{0}.feed_forward.up_proj.weight",
        Down = "model.layers.{0}.feed_forward.down_proj.weight",
        Router = "model.layers.{0}.feed_forward.router.weight",
        SharedGate = "model.layers.{0}.feed_forward.shared_expert.gate_proj.weight",
        SharedUp = "model.layers.{0}.feed_forward.shared_expert.up_proj.weight",
        SharedDown = "model.layers.{0}.feed_forward.shared_expert.down_proj.weight",
        ExpertsGateUp = "model.layers.{0}.feed_forward.experts.gate_up_proj",
        ExpertsDown = "model.layers.{0}.feed_forward.experts.down_proj",
        FusedExpertsAreTransposed = true,
        ExpertGate = "model.layers.{0}.feed_forward.experts.{1}.gate_proj.weight",
        ExpertUp = "model.layers.{0}.feed_forward.experts.{1}.up_proj.weight",
        ExpertDown = "model.layers.{0}.feed_forward.experts.{1}.down_proj.weight",
    };
}
