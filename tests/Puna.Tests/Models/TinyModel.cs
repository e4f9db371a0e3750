using System.Runtime.InteropServices;
using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Models;

/// <summary>
/// Writes GGUF files of a few hundred kilobytes with random weights: every part of a real model is there, in small. The
/// same settings always give the same file.
/// </summary>
internal sealed record TinyModel
{
    /// <summary>A dense Llama 3: 2 layers, RoPE everywhere.</summary>
    internal static TinyModel Llama { get; } = new() { Name = "Tiny Llama", Vocabulary = TinyVocabulary.Llama3, ChatTemplate = TinyVocabulary.Llama3Template };

    /// <summary>
    /// A Llama 4: 4 layers, every second one a mixture of 4 experts and a shared one, the last one without RoPE, the others
    /// with attention inside chunks of 32 tokens.
    /// </summary>
    internal static TinyModel Llama4 { get; } = new()
    {
        Name = "Tiny Llama 4",
        Vocabulary = TinyVocabulary.Llama4,
        ChatTemplate = TinyVocabulary.Llama4Template,
        IsLlama4 = true,
        Layers = 4,
    };

    internal const int HiddenSize = 64;
    internal const int Heads = 4;
    internal const int KvHeads = 2;
    internal const int HeadDim = 32; // whole blocks of a Q8_0 cache
    internal const int IntermediateSize = 96;
    internal const int Experts = 4;
    internal const int ChunkSize = 32;

    /// <summary>What the file calls itself.</summary>
    internal required string Name { get; init; }

    internal required TinyVocabulary Vocabulary { get; init; }

    /// <summary>Template to put into the file, or null for none.</summary>
    internal string? ChatTemplate { get; init; }

    internal bool IsLlama4 { get; init; }

    internal int Layers { get; init; } = 2;

    /// <summary>Tokens that the file claims to be made for.</summary>
    internal int ContextLength { get; init; } = 512;

    /// <summary>Type of the matrices: one of blocks of at most 32 elements that can be encoded, or a plain type.</summary>
    internal ElementType Type { get; init; } = ElementType.F32;

    /// <summary>Shape of a tensor of RoPE factors, or null for none.</summary>
    internal long[]? RopeFactors { get; init; }

    /// <summary>Seed of the weights.</summary>
    internal int Seed { get; init; } = 1;

    /// <summary>Two tokens of which one is nearly certain to follow anything, or null: their rows of the output are large and opposite.</summary>
    internal (int A, int B)? CertainPair { get; init; }

    private string Architecture => IsLlama4 ? "llama4" : "llama";

    /// <summary>Writes the file and returns its path.</summary>
    internal string Write(string path)
    {
        using GgufWriter writer = GgufWriter.Create(path);
        AddMetadata(writer);
        List<(string Name, long[] Shape)> tensors = [.. Tensors()];
        foreach ((string name, long[] shape) in tensors) writer.DeclareTensor(name, TypeOf(shape), shape);

        Random random = new(Seed);
        foreach ((string name, long[] shape) in tensors) writer.Write(name, Data(random, name, shape));
        writer.Complete();
        return path;
    }

    private void AddMetadata(GgufWriter writer)
    {
        writer.AddString("general.architecture", Architecture);
        writer.AddString("general.name", Name);
        AddInt("block_count", Layers);
        AddInt("embedding_length", HiddenSize);
        AddInt("feed_forward_length", IntermediateSize);
        AddInt("attention.head_count", Heads);
        AddInt("attention.head_count_kv", KvHeads);
        AddInt("attention.key_length", HeadDim);
        AddInt("attention.value_length", HeadDim);
        AddInt("rope.dimension_count", HeadDim);
        AddInt("context_length", ContextLength);
        writer.Add($"{Architecture}.attention.layer_norm_rms_epsilon", 1e-5f);
        writer.Add($"{Architecture}.rope.freq_base", 10000f);
        if (IsLlama4)
        {
            AddInt("expert_count", Experts);
            AddInt("expert_used_count", 1);
            AddInt("attention.chunk_size", ChunkSize);
        }

        Vocabulary.AddTo(writer);
        if (ChatTemplate is not null) writer.AddString("tokenizer.chat_template", ChatTemplate);

        void AddInt(string key, int value) => writer.Add($"{Architecture}.{key}", (uint)value);
    }

    /// <summary>Names and shapes, innermost size first.</summary>
    private IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        const int D = HiddenSize, F = IntermediateSize, Q = Heads * HeadDim, Kv = KvHeads * HeadDim;
        yield return ("token_embd.weight", [D, Vocabulary.Size]);
        if (RopeFactors is not null) yield return ("rope_freqs.weight", RopeFactors);
        for (int i = 0; i < Layers; i++)
        {
            string layer = $"blk.{i}.";
            yield return (layer + "attn_norm.weight", [D]);
            yield return (layer + "attn_q.weight", [D, Q]);
            yield return (layer + "attn_k.weight", [D, Kv]);
            yield return (layer + "attn_v.weight", [D, Kv]);
            yield return (layer + "attn_output.weight", [Q, D]);
            yield return (layer + "ffn_norm.weight", [D]);
            bool moe = IsLlama4 && i % 2 == 1;
            string suffix = moe ? "_shexp.weight" : ".weight";
            yield return (layer + "ffn_gate" + suffix, [D, F]);
            yield return (layer + "ffn_up" + suffix, [D, F]);
            yield return (layer + "ffn_down" + suffix, [F, D]);
            if (!moe) continue;

            yield return (layer + "ffn_gate_inp.weight", [D, Experts]);
            yield return (layer + "ffn_gate_exps.weight", [D, F, Experts]);
            yield return (layer + "ffn_up_exps.weight", [D, F, Experts]);
            yield return (layer + "ffn_down_exps.weight", [F, D, Experts]);
        }

        yield return ("output_norm.weight", [D]);
        yield return ("output.weight", [D, Vocabulary.Size]);
    }

    private ElementType TypeOf(long[] shape) => shape.Length == 1 ? ElementType.F32 : Type;

    /// <summary>Norms of ones; matrices whose outputs have about the size of their inputs.</summary>
    private byte[] Data(Random random, string name, long[] shape)
    {
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        if (shape.Length == 1)
        {
            Array.Fill(values, 1f);
        }
        else
        {
            // A larger last matrix makes the distribution of tokens uneven enough to be one.
            double scale = name == "token_embd.weight" ? 1 : Math.Sqrt((name == "output.weight" ? 12.0 : 3.0) / shape[0]);
            for (int i = 0; i < values.Length; i++) values[i] = (float)(scale * (2 * random.NextDouble() - 1));
        }

        if (name == "output.weight" && CertainPair is var (a, b))
        {
            Span<float> one = values.AsSpan(a * HiddenSize, HiddenSize), other = values.AsSpan(b * HiddenSize, HiddenSize);
            for (int k = 0; k < HiddenSize; k++) other[k] = -(one[k] *= 20);
        }

        ElementType type = TypeOf(shape);
        if (type == ElementType.F32) return MemoryMarshal.AsBytes<float>(values).ToArray();

        byte[] bytes = new byte[type.ByteSize(values.Length)];
        Puna.Tensors.Quantization.Quantizer.Quantize(type, values, bytes);
        return bytes;
    }
}
