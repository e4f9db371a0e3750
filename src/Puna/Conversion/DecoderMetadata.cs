using Puna.Compute;
using Puna.Formats.Gguf;
using Puna.Models;
using Puna.Models.Llama4;

namespace Puna.Conversion;

/// <summary>
/// Settings of a network as GGUF metadata, under the keys of llama.cpp's converter, and under further ones where a Llama 4
/// differs from what llama.cpp takes for granted.
/// </summary>
internal sealed class DecoderMetadata(DecoderConfig config, DecoderWeights weights, double ropeTheta)
{
    private readonly string _architecture = config.Architecture;

    /// <summary>Divisor of every rotation frequency, or null where nothing is scaled.</summary>
    internal static float[]? RopeDivisors(DecoderConfig config, double ropeTheta)
    {
        const double Rounding = 1e-9; // frequencies are powers computed twice in the same way
        double[] unscaled = RopeTable.BaseFrequencies(config.Rope.Dimensions, ropeTheta);
        float[] divisors = [.. unscaled.Select((f, m) => (float)(f / config.Rope.Frequencies[m]))];
        return divisors.All(d => Math.Abs(d - 1) < Rounding) ? null : divisors;
    }

    internal void AddTo(GgufWriter writer, string name, ModelCard card)
    {
        writer.AddString("general.architecture", _architecture);
        writer.AddString("general.type", "model");
        writer.AddString("general.name", name);
        card.AddTo(writer);

        AddInt(writer, "block_count", config.Layers.Count);
        AddInt(writer, "context_length", config.ContextLength);
        AddInt(writer, "embedding_length", config.HiddenSize);
        AddInt(writer, "feed_forward_length", FeedForwardLength());
        AddInt(writer, "attention.head_count", config.NHeads);
        AddInt(writer, "attention.head_count_kv", config.NKvHeads);
        AddInt(writer, "attention.key_length", config.HeadDim);
        AddInt(writer, "attention.value_length", config.HeadDim);
        AddFloat(writer, "attention.layer_norm_rms_epsilon", config.RmsEps);
        AddInt(writer, "rope.dimension_count", config.Rope.Dimensions);
        AddFloat(writer, "rope.freq_base", ropeTheta);
        AddInt(writer, "vocab_size", config.VocabSize);
        if (_architecture == "llama4") AddLlama4(writer);
    }

    private void AddLlama4(GgufWriter writer)
    {
        if (config.NExperts > 0)
        {
            AddInt(writer, "expert_count", config.NExperts);
            AddInt(writer, "expert_used_count", config.NExpertsUsed);
            AddInt(writer, "expert_feed_forward_length", weights.Layers.First(l => l.Experts is not null).Experts!.IntermediateSize);
        }

        AddInt(writer, "interleave_moe_layer_step", MoeStep());
        writer.Add($"{_architecture}.use_qk_norm", config.Layers.Any(l => l.QkNorm));
        AddLocality(writer);

        // Without temperature tuning the factor 1 + scale * ln(...) must be 1.
        TemperatureTuning? tuning = config.Layers.Select(l => l.Temperature).FirstOrDefault(t => t is not null);
        // Only Puna reads these two, so they keep the precision it computes with: 0.1 is not a float32.
        writer.Add($"{_architecture}.attention.temperature_floor", tuning?.FloorScale ?? 8192);
        writer.Add($"{_architecture}.attention.temperature_scale", tuning?.AttentionScale ?? 0);
    }

    private void AddLocality(GgufWriter writer)
    {
        bool[] usesRope = [.. config.Layers.Select(l => l.UsesRope)];
        int chunkSize = config.Layers.Where(l => l.UsesRope).Select(l => l.ChunkSize).FirstOrDefault();
        AddInt(writer, "attention.chunk_size", chunkSize);

        int interval = Enumerable.Range(0, usesRope.Length + 1).FirstOrDefault(n => Llama4Config.RopeLayers(usesRope.Length, n).SequenceEqual(usesRope), -1);
        if (interval >= 0) AddInt(writer, "attention.nope_interval", interval);
        else writer.AddArray<bool>($"{_architecture}.attention.sliding_window_pattern", usesRope);

        // How converters write "RoPE everywhere and no chunks", for readers that do not know the keys above.
        if (interval == 0 && chunkSize == 0) AddInt(writer, "attention.sliding_window", 0);
    }

    /// <summary>Width of dense layers; where all are mixtures nothing uses it, and the experts' width stands for it.</summary>
    private int FeedForwardLength() =>
        weights.Layers.FirstOrDefault(l => l.Experts is null)?.Dense?.IntermediateSize ?? weights.Layers[0].Experts!.IntermediateSize;

    /// <summary>n where every n-th layer is a mixture, 0 for none.</summary>
    private int MoeStep()
    {
        bool[] moe = [.. weights.Layers.Select(l => l.Experts is not null)];
        for (int step = 0; step <= moe.Length; step++)
        {
            if (moe.Select((isMoe, i) => isMoe == (step > 0 && (i + 1) % step == 0)).All(fits => fits)) return step;
        }

        throw new ConversionException($"the layers with experts ({string.Join(", ", Enumerable.Range(0, moe.Length).Where(i => moe[i]))}) follow no interval, which GGUF files of llama4 need.");
    }

    private void AddInt(GgufWriter writer, string key, int value) => writer.Add($"{_architecture}.{key}", (uint)value);

    private void AddFloat(GgufWriter writer, string key, double value) => writer.Add($"{_architecture}.{key}", (float)value);
}
