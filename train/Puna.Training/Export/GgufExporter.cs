using System.Runtime.InteropServices;
using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tensors.Quantization;
using Puna.Training.Data;
using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Vocabulary;

namespace Puna.Training.Export;

/// <summary>Writes weights as a GGUF file of the llama4 architecture. The output matrix is the embedding, so it is written once.</summary>
internal static unsafe class GgufExporter
{
    /// <summary>
    /// The chat template of the file: Llama 4's turns; tools stand one to a line in the system message; a system message of the
    /// caller comes before them.
    /// </summary>
    public const string ChatTemplate =
        """
        {{- bos_token }}
        {%- set ns = namespace(system='', start=0) %}
        {%- if messages and messages[0].role == 'system' %}{% set ns.system = messages[0].content | trim %}{% set ns.start = 1 %}{% endif %}
        {%- if tools %}
        {{- '<|header_start|>system<|header_end|>\n\n' }}
        {%- if ns.system %}{{- ns.system }}{{- '\n\n' }}{% endif %}
        {{- '@OFFER@' }}
        {%- for tool in tools %}{{- '\n' }}{{- (tool.function if tool.function is defined else tool) | tojson }}{% endfor %}
        {{- '<|eot|>' }}
        {%- elif ns.start == 1 %}
        {{- '<|header_start|>system<|header_end|>\n\n' }}{{- ns.system }}{{- '<|eot|>' }}
        {%- endif %}
        {%- for message in messages[ns.start:] %}
        {{- '<|header_start|>' }}{{- 'ipython' if message.role == 'tool' else message.role }}{{- '<|header_end|>\n\n' }}
        {%- if message.tool_calls %}
        {{- '[' }}
        {%- for call in message.tool_calls %}
        {%- set f = call.function if call.function is defined else call %}
        {{- f.name }}{{- '(' }}
        {%- for key, value in f.arguments.items() %}{{- key }}{{- '=' }}{{- value | tojson }}{%- if not loop.last %}{{- ', ' }}{% endif %}{% endfor %}
        {{- ')' }}{%- if not loop.last %}{{- ', ' }}{% endif %}
        {%- endfor %}
        {{- ']' }}
        {%- elif message.content is string %}
        {{- message.content | trim }}
        {%- else %}
        {%- for part in message.content %}{%- if part.type == 'text' %}{{- part.text | trim }}{% endif %}{% endfor %}
        {%- endif %}
        {{- '<|eot|>' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|header_start|>assistant<|header_end|>\n\n' }}{% endif %}
        """;

    /// <summary>Name of the model that ships with Puna.</summary>
    public const string DefaultName = "Puna Demo";

    private readonly record struct Part(string Name, ElementType Type, long[] Shape, (long Offset, int Length)[] Pieces);

    /// <param name="path">File to make or replace.</param>
    /// <param name="layout">Where the weights lie.</param>
    /// <param name="weights">All weights.</param>
    /// <param name="vocabulary">The tokens, or null for a file without any (tests).</param>
    /// <param name="matrices">Element type of the matrices; norms and routers stay F32.</param>
    /// <param name="name">Name of the model.</param>
    public static void Write(string path, ParameterLayout layout, FloatBuffer weights, DemoVocabulary? vocabulary, ElementType matrices, string name = DefaultName)
    {
        ModelShape shape = layout.Shape;
        using GgufWriter writer = GgufWriter.Create(path);
        Describe(writer, shape, matrices, layout.Length, name);
        if (vocabulary is not null) Words(writer, vocabulary);

        List<Part> parts = Parts(layout, matrices);
        foreach (Part part in parts) writer.DeclareTensor(part.Name, part.Type, part.Shape);
        foreach (Part part in parts)
        {
            foreach ((long offset, int length) in part.Pieces)
            {
                byte[] bytes = new byte[part.Type.ByteSize(length)];
                Quantizer.Quantize(part.Type, new ReadOnlySpan<float>(weights.Data + offset, length), bytes);
                writer.Write(part.Name, bytes);
            }
        }

        writer.Complete();
    }

    private static void Describe(GgufWriter writer, ModelShape shape, ElementType matrices, long parameters, string name)
    {
        writer.AddString("general.architecture", "llama4");
        writer.AddString("general.name", name);
        writer.AddString("general.description", "A demonstration model trained by the Puna project from nothing. Not Scout, and not a model of Meta.");
        writer.AddString("general.size_label", FormattableString.Invariant($"{parameters / 1e6:F1}M"));
        writer.AddString("general.license", "mit");
        writer.Add("general.quantization_version", 2u);
        writer.Add("general.file_type", matrices switch { ElementType.F32 => 0u, ElementType.F16 => 1u, ElementType.Q8_0 => 7u, _ => throw new ArgumentException($"{matrices} is not among the types this writes: F32, F16, Q8_0.") });
        writer.Add("llama4.block_count", (uint)shape.Layers);
        writer.Add("llama4.context_length", (uint)shape.Context);
        writer.Add("llama4.embedding_length", (uint)shape.Hidden);
        writer.Add("llama4.feed_forward_length", (uint)shape.ExpertHidden);
        writer.Add("llama4.expert_feed_forward_length", (uint)shape.ExpertHidden);
        writer.Add("llama4.attention.head_count", (uint)shape.Heads);
        writer.Add("llama4.attention.head_count_kv", (uint)shape.KvHeads);
        writer.Add("llama4.attention.key_length", (uint)shape.HeadDim);
        writer.Add("llama4.attention.value_length", (uint)shape.HeadDim);
        writer.Add("llama4.attention.layer_norm_rms_epsilon", shape.Epsilon);
        writer.Add("llama4.rope.dimension_count", (uint)shape.HeadDim);
        writer.Add("llama4.rope.freq_base", (float)shape.RopeTheta);
        writer.Add("llama4.expert_count", (uint)shape.Experts);
        writer.Add("llama4.expert_used_count", 1u);
        writer.Add("llama4.interleave_moe_layer_step", 1u);
        writer.Add("llama4.vocab_size", (uint)shape.Vocabulary);
        writer.Add("llama4.use_qk_norm", true);

        // What llama.cpp takes for granted is written only where it differs.
        if (shape.ChunkSize != 8192) writer.Add("llama4.attention.chunk_size", (uint)shape.ChunkSize);
        if (shape.NopeInterval != 4) writer.Add("llama4.attention.nope_interval", (uint)shape.NopeInterval);
        if (shape.TemperatureFloor != 8192) writer.Add("llama4.attention.temperature_floor", (float)shape.TemperatureFloor);
        if (shape.TemperatureScale != 0.1) writer.Add("llama4.attention.temperature_scale", (float)shape.TemperatureScale);
    }

    private static void Words(GgufWriter writer, DemoVocabulary vocabulary)
    {
        writer.AddString("tokenizer.ggml.model", "gpt2");
        writer.AddString("tokenizer.ggml.pre", "llama4");
        writer.AddStringArray("tokenizer.ggml.tokens", [.. vocabulary.Tokens]);
        writer.AddArray<int>("tokenizer.ggml.token_type", vocabulary.TokenTypes);
        writer.AddStringArray("tokenizer.ggml.merges", [.. vocabulary.Merges]);
        writer.Add("tokenizer.ggml.bos_token_id", (uint)vocabulary.Id("<|begin_of_text|>"));
        writer.Add("tokenizer.ggml.eos_token_id", (uint)vocabulary.Id("<|eot|>"));
        writer.Add("tokenizer.ggml.eot_token_id", (uint)vocabulary.Id("<|eot|>"));
        writer.Add("tokenizer.ggml.eom_token_id", (uint)vocabulary.Id("<|eom|>"));
        writer.Add("tokenizer.ggml.padding_token_id", (uint)vocabulary.Id("<|finetune_right_pad|>"));
        writer.Add("tokenizer.ggml.add_bos_token", true);
        writer.AddString("tokenizer.chat_template", ChatTemplate.Replace("@OFFER@", ToolTask.Offer, StringComparison.Ordinal));
    }

    private static List<Part> Parts(ParameterLayout layout, ElementType matrices)
    {
        ModelShape s = layout.Shape;
        int q = s.QWidth, kv = s.KvHeads * s.HeadDim, d = s.Hidden, f = s.ExpertHidden;
        List<Part> parts = [Matrix("token_embd.weight", layout.Embedding, 0, s.Vocabulary), Vector("output_norm.weight", layout.OutputNorm)];
        for (int i = 0; i < s.Layers; i++)
        {
            LayerSlots w = layout.Layers[i];
            string p = $"blk.{i}.";
            parts.Add(Vector(p + "attn_norm.weight", w.AttentionNorm));
            parts.Add(Matrix(p + "attn_q.weight", w.Qkv, 0, q));
            parts.Add(Matrix(p + "attn_k.weight", w.Qkv, q, kv));
            parts.Add(Matrix(p + "attn_v.weight", w.Qkv, q + kv, kv));
            parts.Add(Matrix(p + "attn_output.weight", w.Output, 0, d));
            parts.Add(Vector(p + "ffn_norm.weight", w.FeedForwardNorm));
            parts.Add(Matrix(p + "ffn_gate_inp.weight", w.Router, 0, s.Experts) with { Type = ElementType.F32 });
            parts.Add(Matrix(p + "ffn_gate_shexp.weight", w.SharedGateUp, 0, f));
            parts.Add(Matrix(p + "ffn_up_shexp.weight", w.SharedGateUp, f, f));
            parts.Add(Matrix(p + "ffn_down_shexp.weight", w.SharedDown, 0, d));
            parts.Add(Experts(p + "ffn_gate_exps.weight", w.ExpertGateUp, 0, f));
            parts.Add(Experts(p + "ffn_up_exps.weight", w.ExpertGateUp, f, f));
            parts.Add(Experts(p + "ffn_down_exps.weight", w.ExpertDown, 0, d));
        }

        return parts;

        Part Vector(string name, ParameterSlot slot) => new(name, ElementType.F32, [slot.Columns], [(slot.Offset, slot.Columns)]);
        Part Matrix(string name, ParameterSlot slot, int row, int rows) => new(name, matrices, [slot.Columns, rows], [Rows(slot, row, rows)]);
        Part Experts(string name, ParameterSlot[] slots, int row, int rows) => new(name, matrices, [slots[0].Columns, rows, slots.Length], [.. slots.Select(slot => Rows(slot, row, rows))]);
    }

    private static (long Offset, int Length) Rows(ParameterSlot slot, int row, int rows) => (slot.Offset + (long)row * slot.Columns, rows * slot.Columns);
}
