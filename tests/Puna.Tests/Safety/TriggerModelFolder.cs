using System.Runtime.InteropServices;
using System.Text;
using Puna.Formats.Safetensors;
using Puna.Models.PromptGuard;
using Puna.Tensors;
using Puna.Tests.Formats;
using Puna.Tests.Models.PromptGuard;

namespace Puna.Tests.Safety;

/// <summary>
/// A Prompt Guard directory whose weights were set by hand so that a window is malicious just when it holds the word
/// "ignore": [CLS] attends to the first component, which that word alone has, and the classifier reads it.
/// </summary>
public sealed class TriggerModelFolder : IDisposable
{
    internal const string Trigger = "ignore";

    private const string Tokenizer =
        """
        {"added_tokens":[{"id":0,"content":"[PAD]","special":true},{"id":1,"content":"[CLS]","special":true},{"id":2,"content":"[SEP]","special":true}],
         "normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true},
         "model":{"type":"Unigram","unk_id":3,"vocab":[["[PAD]",0],["[CLS]",0],["[SEP]",0],["[UNK]",0],["\u2581ab",-3],["\u2581",-4],["a",-5],["\u2581ignore",-3],["b",-5],[".",-4]]}}
        """;

    private readonly TemporaryFolder _folder = new();

    public TriggerModelFolder()
    {
        DebertaConfig config = new() { NLayers = 1, HiddenSize = 8, NHeads = 1, IntermediateSize = 4, VocabSize = 10, MaxPositions = 32, PositionBuckets = 8, NLabels = 2 };
        Write(_folder["config.json"], Config);
        Write(_folder["tokenizer.json"], Tokenizer);
        using CongruentialWeights weights = new(config);
        foreach ((string name, Tensor _) in weights.Tensors)
        {
            Span<float> values = weights.Values(name);
            values.Clear();
            if (name.EndsWith("LayerNorm.weight", StringComparison.Ordinal)) values.Fill(1);
        }

        Span<float> embedding = weights.Values("deberta.embeddings.word_embeddings.weight"), relative = weights.Values("deberta.encoder.rel_embeddings.weight");
        for (int id = 0; id < 10; id++) embedding[(id * 8) + (id == 7 ? 0 : id == 1 ? 2 : 1)] = 1;
        for (int row = 0; row < 16; row++) relative[(row * 8) + 1] = 1;
        const string Attention = "deberta.encoder.layer.0.attention.";
        weights.Values(Attention + "self.query_proj.bias")[0] = 20;
        weights.Values(Attention + "self.key_proj.weight")[0] = 1;
        weights.Values(Attention + "self.value_proj.weight")[0] = 1;
        weights.Values(Attention + "output.dense.weight")[0] = 1;
        weights.Values("pooler.dense.weight")[0] = 1;
        weights.Values("classifier.weight")[8] = 10;
        weights.Values("classifier.bias")[1] = -5;

        using SafetensorsWriter writer = SafetensorsWriter.CreateFile(_folder["model.safetensors"]);
        foreach ((string name, Tensor tensor) in weights.Tensors) writer.DeclareTensor(name, ElementType.F32, [.. tensor.Shape]);
        foreach ((string name, Tensor _) in weights.Tensors) writer.Write(name, MemoryMarshal.AsBytes(weights.Values(name)));
        writer.Complete();
    }

    internal string Path => System.IO.Path.GetDirectoryName(_folder["config.json"])!;

    internal const string Config =
        """
        {"model_type":"deberta-v2","num_hidden_layers":1,"hidden_size":8,"num_attention_heads":1,"intermediate_size":4,"vocab_size":10,
         "max_position_embeddings":32,"position_buckets":8,"max_relative_positions":-1,"relative_attention":true,"pos_att_type":["p2c","c2p"],
         "share_att_key":true,"norm_rel_ebd":"layer_norm","position_biased_input":false,"type_vocab_size":0,"layer_norm_eps":1e-7,
         "hidden_act":"gelu","pooler_hidden_act":"gelu","id2label":{"0":"LABEL_0","1":"LABEL_1"}}
        """;

    public void Dispose() => _folder.Dispose();

    private static void Write(string path, string text) => File.WriteAllText(path, text, new UTF8Encoding(false));
}
