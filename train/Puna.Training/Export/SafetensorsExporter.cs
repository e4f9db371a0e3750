using System.Runtime.InteropServices;
using System.Text.Json;
using Puna.Formats.Safetensors;
using Puna.Tensors;
using Puna.Tensors.Quantization;
using Puna.Training.Data;
using Puna.Training.Model;
using Puna.Training.Numerics;
using Puna.Training.Vocabulary;

namespace Puna.Training.Export;

/// <summary>Writes weights the way Hugging Face publishes Llama 4: experts fused and transposed, <c>config.json</c>, <c>tokenizer.json</c>.</summary>
internal static unsafe class SafetensorsExporter
{
    private readonly record struct Part(string Name, long[] Shape, float[] Values);

    /// <param name="folder">Folder to make; refused if it holds safetensors files.</param>
    /// <param name="layout">Where the weights lie.</param>
    /// <param name="weights">All weights.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    public static void Write(string folder, ParameterLayout layout, FloatBuffer weights, DemoVocabulary vocabulary, ElementType type)
    {
        Directory.CreateDirectory(folder);
        using SafetensorsWriter writer = SafetensorsWriter.CreateSharded(folder, long.MaxValue, new Dictionary<string, string> { ["format"] = "pt" });
        List<Part> parts = Parts(layout, weights);
        foreach (Part part in parts) writer.DeclareTensor(part.Name, type, part.Shape);
        foreach (Part part in parts)
        {
            byte[] bytes = new byte[type.ByteSize(part.Values.Length)];
            Quantizer.Quantize(type, part.Values, bytes);
            writer.Write(part.Name, bytes);
        }

        WriteConfig(Path.Combine(folder, "config.json"), layout.Shape, vocabulary, type);
        WriteTokenizer(folder, vocabulary);
        writer.Complete();
    }

    private static List<Part> Parts(ParameterLayout layout, FloatBuffer weights)
    {
        ModelShape s = layout.Shape;
        int q = s.QWidth, kv = s.KvHeads * s.HeadDim, d = s.Hidden, f = s.ExpertHidden;
        List<Part> parts = [Matrix("model.embed_tokens", layout.Embedding, 0, s.Vocabulary), Vector("model.norm", layout.OutputNorm)];
        for (int i = 0; i < s.Layers; i++)
        {
            LayerSlots w = layout.Layers[i];
            string p = $"model.layers.{i}.", attention = p + "self_attn.", shared = p + "feed_forward.shared_expert.", experts = p + "feed_forward.experts.";
            parts.Add(Vector(p + "input_layernorm", w.AttentionNorm));
            parts.Add(Matrix(attention + "q_proj", w.Qkv, 0, q));
            parts.Add(Matrix(attention + "k_proj", w.Qkv, q, kv));
            parts.Add(Matrix(attention + "v_proj", w.Qkv, q + kv, kv));
            parts.Add(Matrix(attention + "o_proj", w.Output, 0, d));
            parts.Add(Vector(p + "post_attention_layernorm", w.FeedForwardNorm));
            parts.Add(Matrix(p + "feed_forward.router", w.Router, 0, s.Experts));
            parts.Add(Matrix(shared + "gate_proj", w.SharedGateUp, 0, f));
            parts.Add(Matrix(shared + "up_proj", w.SharedGateUp, f, f));
            parts.Add(Matrix(shared + "down_proj", w.SharedDown, 0, d));
            parts.Add(new Part(experts + "gate_up_proj", [2 * f, d, s.Experts], Transposed(w.ExpertGateUp)));
            parts.Add(new Part(experts + "down_proj", [d, f, s.Experts], Transposed(w.ExpertDown)));
        }

        return parts;

        Part Vector(string name, ParameterSlot slot) => new(name + ".weight", [slot.Columns], Values(slot).ToArray());

        Part Matrix(string name, ParameterSlot slot, int row, int rows) =>
            new(name + ".weight", [slot.Columns, rows], Values(slot).Slice(row * slot.Columns, rows * slot.Columns).ToArray());

        Span<float> Values(ParameterSlot slot) => weights.Span.Slice((int)slot.Offset, (int)slot.Length);

        // [experts, in, out] from matrices of [out, in].
        float[] Transposed(ParameterSlot[] slots)
        {
            (int rows, int columns) = (slots[0].Rows, slots[0].Columns);
            float[] result = new float[slots.Length * rows * columns];
            for (int e = 0; e < slots.Length; e++)
            {
                Span<float> matrix = Values(slots[e]);
                for (int r = 0; r < rows; r++)
                {
                    for (int c = 0; c < columns; c++) result[(((e * columns) + c) * rows) + r] = matrix[(r * columns) + c];
                }
            }

            return result;
        }
    }

    private static void WriteConfig(string path, ModelShape s, DemoVocabulary vocabulary, ElementType type) => WriteJson(path, json =>
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue("Llama4ForCausalLM");
        json.WriteEndArray();
        json.WriteString("model_type", "llama4_text");
        json.WriteString("torch_dtype", type switch { ElementType.F32 => "float32", ElementType.F16 => "float16", _ => "bfloat16" });
        json.WriteNumber("num_hidden_layers", s.Layers);
        json.WriteNumber("hidden_size", s.Hidden);
        json.WriteNumber("intermediate_size", s.ExpertHidden);
        json.WriteNumber("intermediate_size_mlp", s.ExpertHidden);
        json.WriteNumber("num_attention_heads", s.Heads);
        json.WriteNumber("num_key_value_heads", s.KvHeads);
        json.WriteNumber("head_dim", s.HeadDim);
        json.WriteNumber("num_local_experts", s.Experts);
        json.WriteNumber("num_experts_per_tok", 1);
        json.WriteNumber("interleave_moe_layer_step", 1);
        json.WriteBoolean("use_qk_norm", true);
        json.WriteNumber("no_rope_layer_interval", s.NopeInterval);
        json.WriteNumber("attention_chunk_size", s.ChunkSize);
        json.WriteBoolean("attn_temperature_tuning", true);
        json.WriteNumber("floor_scale", s.TemperatureFloor);
        json.WriteNumber("attn_scale", s.TemperatureScale);
        json.WriteNumber("rope_theta", s.RopeTheta);
        json.WriteNumber("rms_norm_eps", (double)(decimal)s.Epsilon);
        json.WriteNumber("max_position_embeddings", s.Context);
        json.WriteNumber("vocab_size", s.Vocabulary);
        json.WriteBoolean("tie_word_embeddings", true);
        json.WriteNumber("bos_token_id", vocabulary.Id("<|begin_of_text|>"));
        json.WriteNumber("eos_token_id", vocabulary.Id("<|eot|>"));
        json.WriteNumber("pad_token_id", vocabulary.Id("<|finetune_right_pad|>"));
    });

    private static void WriteTokenizer(string folder, DemoVocabulary vocabulary)
    {
        WriteJson(Path.Combine(folder, "tokenizer.json"), json =>
        {
            json.WriteString("version", "1.0");
            json.WriteStartArray("added_tokens");
            for (int id = 0; id < vocabulary.Tokens.Count; id++)
            {
                if (vocabulary.TokenTypes[id] == 1) continue;
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", vocabulary.Tokens[id]);
                foreach (string name in (string[])["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(name, false);
                json.WriteBoolean("special", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("pre_tokenizer");
            json.WriteRawValue($$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"{{JsonEncodedText.Encode(VocabularyTrainer.SplitPattern)}}"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}""");
            json.WritePropertyName("post_processor");
            json.WriteRawValue($$$$"""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|begin_of_text|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<|begin_of_text|>":{"id":"<|begin_of_text|>","ids":[{{{{vocabulary.Id("<|begin_of_text|>")}}}}],"tokens":["<|begin_of_text|>"]}}}""");
            json.WritePropertyName("decoder");
            json.WriteRawValue("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""");
            json.WriteStartObject("model");
            json.WriteString("type", "BPE");
            json.WriteBoolean("ignore_merges", false);
            json.WriteStartObject("vocab");
            for (int id = 0; id < vocabulary.Tokens.Count; id++)
            {
                if (vocabulary.TokenTypes[id] == 1) json.WriteNumber(vocabulary.Tokens[id], id);
            }

            json.WriteEndObject();
            json.WriteStartArray("merges");
            foreach (string merge in vocabulary.Merges) json.WriteStringValue(merge);
            json.WriteEndArray();
            json.WriteEndObject();
        });
        WriteJson(Path.Combine(folder, "tokenizer_config.json"), json =>
        {
            json.WriteString("bos_token", "<|begin_of_text|>");
            json.WriteString("eos_token", "<|eot|>");
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            json.WriteString("chat_template", GgufExporter.ChatTemplate.Replace("@OFFER@", ToolTask.Offer, StringComparison.Ordinal));
        });
    }

    private static void WriteJson(string path, Action<Utf8JsonWriter> content) => File.WriteAllBytes(path, JsonDocuments.Write(content, indented: true));
}
