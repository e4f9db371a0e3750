using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Puna.Formats.Gguf;
using Puna.Formats.Safetensors;
using Puna.Tensors;
using Puna.Tensors.Quantization;
using Puna.Tests.Models;
using Puna.Tokenizers;
using Puna.Tokenizers.Bpe;

namespace Puna.Tests.Conversion;

/// <summary>Writes the model of a GGUF file the way Hugging Face publishes it: the inverse of the conversion, by other means.</summary>
internal static partial class HuggingFaceDirectory
{
    /// <summary>Writes a directory and returns its path.</summary>
    /// <param name="directory">A folder to make.</param>
    /// <param name="ggufPath">A tiny model with F32 weights.</param>
    /// <param name="extraConfig">Properties to add to <c>config.json</c>, each followed by a comma.</param>
    internal static string Write(string directory, string ggufPath, string extraConfig = "")
    {
        Directory.CreateDirectory(directory);
        using GgufFile file = GgufFile.Open(ggufPath);
        bool llama4 = file.Metadata.GetString("general.architecture") == "llama4";
        WriteWeights(Path.Combine(directory, "model.safetensors"), file, llama4);
        File.WriteAllText(Path.Combine(directory, "config.json"), Config(file, llama4, extraConfig));
        WriteTokenizer(directory, ggufPath, file);
        File.WriteAllText(Path.Combine(directory, "README.md"), "---\nlicense: other\nlicense_name: tiny-licence\nlicense_link: \"LICENSE\"\n---\n# Tiny\nlicense: not this\n");
        return directory;
    }

    private static string Config(GgufFile file, bool llama4, string extra)
    {
        string architecture = llama4 ? "llama4" : "llama";
        int layers = Int("block_count");
        string family = llama4
            ? $"\"model_type\": \"llama4_text\", \"num_local_experts\": {TinyModel.Experts}, \"num_experts_per_tok\": 1, \"attention_chunk_size\": {TinyModel.ChunkSize}, \"interleave_moe_layer_step\": 2, \"use_qk_norm\": true,"
            : "\"model_type\": \"llama\",";
        return $$"""
            { {{family}} {{extra}} "num_hidden_layers": {{layers}}, "hidden_size": {{Int("embedding_length")}}, "num_attention_heads": {{Int("attention.head_count")}},
              "num_key_value_heads": {{Int("attention.head_count_kv")}}, "head_dim": {{Int("attention.key_length")}}, "vocab_size": {{file.GetTensor("token_embd.weight").Rows}},
              "max_position_embeddings": {{Int("context_length")}}, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "eos_token_id": [0] }
            """;

        int Int(string key) => file.Metadata.GetInt32($"{architecture}.{key}");
    }

    private static void WriteWeights(string path, GgufFile file, bool llama4)
    {
        Dictionary<string, (long[] Shape, float[] Values)> output = [];
        foreach (Tensor tensor in file.Tensors)
        {
            Match match = LayerName().Match(tensor.Name);
            string layer = match.Success ? match.Groups[1].Value : "", part = match.Success ? match.Groups[2].Value : tensor.Name;
            float[] values = Values(tensor);
            if (part is "ffn_gate_exps.weight" or "ffn_up_exps.weight") continue;
            if (part == "ffn_down_exps.weight")
            {
                string experts = $"model.layers.{layer}.feed_forward.experts.";
                float[] gate = Values(file.GetTensor($"blk.{layer}.ffn_gate_exps.weight")), up = Values(file.GetTensor($"blk.{layer}.ffn_up_exps.weight"));
                int f = (int)tensor.Shape[0], d = (int)tensor.Shape[1], e = (int)tensor.Shape[2];
                output[experts + "gate_up_proj"] = ([2 * f, d, e], FuseTransposed(gate, up, e, f, d));
                output[experts + "down_proj"] = ([d, f, e], Transposed(values, e, rows: d, columns: f));
                continue;
            }

            if (!llama4 && part is ("attn_q.weight" or "attn_k.weight")) values = HalfSplit(values, (int)tensor.Shape[0], TinyModel.HeadDim);
            output[NameOf(layer, part, llama4)] = ([.. tensor.Shape], values);
        }

        using SafetensorsWriter writer = SafetensorsWriter.CreateFile(path);
        foreach ((string name, (long[] shape, _)) in output) writer.DeclareTensor(name, ElementType.F32, shape);
        foreach ((string name, (_, float[] values)) in output) writer.Write(name, MemoryMarshal.AsBytes<float>(values));
        writer.Complete();
    }

    private static string NameOf(string layer, string part, bool llama4)
    {
        string ffn = llama4 ? "feed_forward" : "mlp";
        string inLayer = part switch
        {
            "attn_norm.weight" => "input_layernorm.weight",
            "ffn_norm.weight" => "post_attention_layernorm.weight",
            "attn_q.weight" => "self_attn.q_proj.weight",
            "attn_k.weight" => "self_attn.k_proj.weight",
            "attn_v.weight" => "self_attn.v_proj.weight",
            "attn_output.weight" => "self_attn.o_proj.weight",
            "ffn_gate.weight" => $"{ffn}.gate_proj.weight",
            "ffn_up.weight" => $"{ffn}.up_proj.weight",
            "ffn_down.weight" => $"{ffn}.down_proj.weight",
            "ffn_gate_inp.weight" => $"{ffn}.router.weight",
            "ffn_gate_shexp.weight" => $"{ffn}.shared_expert.gate_proj.weight",
            "ffn_up_shexp.weight" => $"{ffn}.shared_expert.up_proj.weight",
            "ffn_down_shexp.weight" => $"{ffn}.shared_expert.down_proj.weight",
            _ => "",
        };
        return part switch
        {
            "token_embd.weight" => "model.embed_tokens.weight",
            "output_norm.weight" => "model.norm.weight",
            "output.weight" => "lm_head.weight",
            _ when inLayer.Length > 0 => $"model.layers.{layer}.{inLayer}",
            _ => throw new ArgumentException($"no Hugging Face name is known for {part}"),
        };
    }

    /// <summary>[E, D, 2F] from gates and ups [E, F, D].</summary>
    private static float[] FuseTransposed(float[] gate, float[] up, int e, int f, int d)
    {
        float[] fused = new float[2 * e * f * d];
        for (int x = 0; x < e; x++)
        {
            for (int i = 0; i < d; i++)
            {
                for (int j = 0; j < f; j++)
                {
                    int row = ((x * d) + i) * 2 * f;
                    fused[row + j] = gate[(((x * f) + j) * d) + i];
                    fused[row + f + j] = up[(((x * f) + j) * d) + i];
                }
            }
        }

        return fused;
    }

    private static float[] Transposed(float[] values, int matrices, int rows, int columns)
    {
        float[] result = new float[values.Length];
        for (int x = 0; x < matrices; x++)
        {
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++) result[(((x * columns) + c) * rows) + r] = values[(((x * rows) + r) * columns) + c];
            }
        }

        return result;
    }

    /// <summary>Rows of every head reordered from pairs side by side to first components, then second ones.</summary>
    private static float[] HalfSplit(float[] values, int width, int headDim)
    {
        float[] result = new float[values.Length];
        for (int head = 0; head < values.Length / width / headDim; head++)
        {
            for (int m = 0; m < headDim / 2; m++)
            {
                for (int c = 0; c < 2; c++)
                {
                    int source = (head * headDim) + (2 * m) + c, target = (head * headDim) + (c * headDim / 2) + m;
                    values.AsSpan(source * width, width).CopyTo(result.AsSpan(target * width));
                }
            }
        }

        return result;
    }

    private static void WriteTokenizer(string directory, string ggufPath, GgufFile file)
    {
        Tokenizer tokenizer = PunaModel.LoadTokenizer(ggufPath);
        GgufVocabulary vocabulary = GgufVocabularyExporter.Export(tokenizer);
        using (FileStream stream = File.Create(Path.Combine(directory, "tokenizer.json")))
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("added_tokens");
            for (int id = 0; id < tokenizer.VocabSize; id++)
            {
                if (tokenizer.GetKind(id) != TokenKind.Control) continue;
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", tokenizer.GetTokenBytes(id));
                json.WriteBoolean("special", true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("pre_tokenizer");
            string regex = JsonSerializer.Serialize(((BytePairTokenizer)tokenizer).Pattern == SplitPattern.Llama4 ? SplitPatterns.Llama4 : SplitPatterns.Llama3);
            json.WriteRawValue($$"""{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":{{regex}}},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""");
            json.WritePropertyName("post_processor");
            json.WriteRawValue("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|begin_of_text|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}""");
            json.WriteStartObject("model");
            json.WriteString("type", "BPE");
            json.WriteBoolean("ignore_merges", true);
            json.WriteStartObject("vocab");
            for (int id = 0; id < tokenizer.VocabSize; id++)
            {
                if (tokenizer.GetKind(id) == TokenKind.Normal) json.WriteNumber(Encoding.UTF8.GetString(vocabulary.Tokens[id].Span), id);
            }

            json.WriteEndObject();
            json.WriteStartArray("merges");
            foreach (ReadOnlyMemory<byte> merge in vocabulary.Merges) json.WriteStringValue(merge.Span);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        string eos = tokenizer.Decode([tokenizer.EosId!.Value], includeSpecial: true);
        string template = JsonSerializer.Serialize(file.Metadata.GetString("tokenizer.chat_template"));
        File.WriteAllText(Path.Combine(directory, "tokenizer_config.json"),
            $$"""{"bos_token":{"content":"<|begin_of_text|>"},"eos_token":"{{eos}}","chat_template":{{template}}}""");
    }

    private static float[] Values(Tensor tensor)
    {
        float[] values = new float[tensor.Elements];
        for (long row = 0; row < tensor.Rows; row++)
            Dequantizer.Dequantize(tensor.Type, tensor.Row(row), values.AsSpan(checked((int)(row * tensor.Shape[0])), (int)tensor.Shape[0]));
        return values;
    }

    [GeneratedRegex(@"^blk\.(\d+)\.(.+)$")]
    private static partial Regex LayerName();
}
