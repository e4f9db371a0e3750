using System.Runtime.InteropServices;
using System.Text.Json;
using Puna.Formats.Safetensors;
using Puna.Tensors;
using Puna.Training.Export;
using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Encoder;

/// <summary>Writes a classifier the way Hugging Face publishes DeBERTa-v2: <c>model.safetensors</c>, <c>config.json</c>, <c>tokenizer.json</c>.</summary>
internal static class EncoderExporter
{
    private static readonly string[] First = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"];
    private const string Mask = "[MASK]";
    private const int Unknown = 3;

    /// <summary>Special tokens, which take rows of the embedding beside the pieces.</summary>
    public static int Specials => First.Length + 1;

    /// <summary>Writes all three files.</summary>
    public static void Write(string folder, EncoderLayout layout, FloatBuffer weights, byte[] tokenizer)
    {
        Directory.CreateDirectory(folder);
        using (SafetensorsWriter writer = SafetensorsWriter.CreateFile(Path.Combine(folder, "model.safetensors"), new Dictionary<string, string> { ["format"] = "pt" }))
        {
            foreach (ParameterSlot slot in layout.Slots) writer.DeclareTensor(slot.Name, ElementType.F32, slot.Rows == 1 ? [slot.Columns] : [slot.Columns, slot.Rows]);
            foreach (ParameterSlot slot in layout.Slots) writer.Write(slot.Name, MemoryMarshal.AsBytes(weights.Span.Slice((int)slot.Offset, (int)slot.Length)));
            writer.Complete();
        }

        File.WriteAllBytes(Path.Combine(folder, "config.json"), Config(layout.Shape));
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), tokenizer);
    }

    /// <summary>The <c>tokenizer.json</c> of a unigram vocabulary. Case and widths of letters are one, and runs of white space are a space.</summary>
    public static byte[] Tokenizer(IReadOnlyList<(string Piece, double Score)> pieces) => JsonDocuments.Write(json =>
    {
        int mask = First.Length + pieces.Count;
        json.WriteString("version", "1.0");
        json.WriteStartArray("added_tokens");
        foreach ((string content, int id) in First.Select((token, id) => (token, id)).Append((Mask, mask)))
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", content);
            foreach (string name in (string[])["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(name, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("normalizer");
        json.WriteRawValue("""{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Strip","strip_left":true,"strip_right":true}]}""");
        json.WritePropertyName("pre_tokenizer");
        json.WriteRawValue("""{"type":"Sequence","pretokenizers":[{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true},{"type":"Punctuation","behavior":"Isolated"},{"type":"Digits","individual_digits":true}]}""");
        json.WritePropertyName("post_processor");
        json.WriteRawValue("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],"pair":[],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[2],"tokens":["[SEP]"]}}}""");
        json.WriteStartObject("model");
        json.WriteString("type", "Unigram");
        json.WriteNumber("unk_id", Unknown);
        json.WriteStartArray("vocab");
        foreach ((string piece, double score) in First.Select(token => (token, 0.0)).Concat(pieces).Append((Mask, 0.0)))
        {
            json.WriteStartArray();
            json.WriteStringValue(piece);
            json.WriteNumberValue(Math.Round(score, 4));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }, indented: false);

    private static byte[] Config(EncoderShape shape) => JsonDocuments.Write(json =>
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue("DebertaV2ForSequenceClassification");
        json.WriteEndArray();
        json.WriteString("model_type", "deberta-v2");
        json.WriteString("torch_dtype", "float32");
        json.WriteNumber("num_hidden_layers", shape.Layers);
        json.WriteNumber("hidden_size", shape.Hidden);
        json.WriteNumber("num_attention_heads", shape.Heads);
        json.WriteNumber("intermediate_size", shape.Intermediate);
        json.WriteNumber("vocab_size", shape.Vocabulary);
        json.WriteNumber("max_position_embeddings", shape.Positions);
        json.WriteNumber("max_relative_positions", -1);
        json.WriteNumber("position_buckets", shape.Buckets);
        json.WriteBoolean("relative_attention", true);
        json.WriteStartArray("pos_att_type");
        json.WriteStringValue("p2c");
        json.WriteStringValue("c2p");
        json.WriteEndArray();
        json.WriteBoolean("share_att_key", true);
        json.WriteString("norm_rel_ebd", "layer_norm");
        json.WriteBoolean("position_biased_input", false);
        json.WriteNumber("type_vocab_size", 0);
        json.WriteNumber("layer_norm_eps", (double)(decimal)shape.Epsilon);
        json.WriteString("hidden_act", "gelu");
        json.WriteString("pooler_hidden_act", "gelu");
        json.WriteNumber("pooler_hidden_size", shape.Hidden);
        json.WriteNumber("pooler_dropout", 0);
        json.WriteNumber("hidden_dropout_prob", 0);
        json.WriteNumber("attention_probs_dropout_prob", 0);
        json.WriteNumber("pad_token_id", 0);
        json.WriteStartObject("id2label");
        json.WriteString("0", "BENIGN");
        json.WriteString("1", "MALICIOUS");
        json.WriteEndObject();
        json.WriteStartObject("label2id");
        json.WriteNumber("BENIGN", 0);
        json.WriteNumber("MALICIOUS", 1);
        json.WriteEndObject();
    }, indented: true);
}
