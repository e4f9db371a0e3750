using Puna.Training.Numerics;

namespace Puna.Training.Model;

/// <summary>Where one matrix or vector lies in the buffer that holds them all.</summary>
/// <param name="Name">GGUF name, or a fused name of this project's (<c>attn_qkv</c>, <c>ffn_gate_up_*</c>).</param>
/// <param name="Offset">First float.</param>
/// <param name="Rows">Outputs; 1 for a vector. Experts follow each other.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Decays">Whether weight decay pulls on it: matrices yes, norms and the embedding no.</param>
public readonly record struct ParameterSlot(string Name, long Offset, int Rows, int Columns, bool Decays)
{
    /// <summary>Number of floats.</summary>
    public long Length => (long)Rows * Columns;
}

/// <summary>Places of one layer's parameters, in floats from the start of the buffer.</summary>
public sealed record LayerSlots(
    ParameterSlot AttentionNorm, ParameterSlot Qkv, ParameterSlot Output, ParameterSlot FeedForwardNorm, ParameterSlot Router,
    ParameterSlot SharedGateUp, ParameterSlot SharedDown, ParameterSlot[] ExpertGateUp, ParameterSlot[] ExpertDown);

/// <summary>The order in which all parameters of a model lie in one buffer. Weights, gradients and moments share it.</summary>
public sealed class ParameterLayout
{
    private readonly List<ParameterSlot> _slots = [];

    /// <summary>Lays out a model. The output matrix is the embedding.</summary>
    public ParameterLayout(ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = shape.Validated();
        Embedding = Add("token_embd", shape.Vocabulary, shape.Hidden, decays: false);
        Layers = new LayerSlots[shape.Layers];
        for (int i = 0; i < Layers.Length; i++)
        {
            string p = $"blk.{i}.";
            Layers[i] = new LayerSlots(
                Add(p + "attn_norm", 1, shape.Hidden, decays: false),
                Add(p + "attn_qkv", shape.QkvWidth, shape.Hidden),
                Add(p + "attn_output", shape.Hidden, shape.QWidth),
                Add(p + "ffn_norm", 1, shape.Hidden, decays: false),
                Add(p + "ffn_gate_inp", shape.Experts, shape.Hidden),
                Add(p + "ffn_gate_up_shexp", 2 * shape.ExpertHidden, shape.Hidden),
                Add(p + "ffn_down_shexp", shape.Hidden, shape.ExpertHidden),
                [.. Enumerable.Range(0, shape.Experts).Select(e => Add($"{p}ffn_gate_up_exps.{e}", 2 * shape.ExpertHidden, shape.Hidden))],
                [.. Enumerable.Range(0, shape.Experts).Select(e => Add($"{p}ffn_down_exps.{e}", shape.Hidden, shape.ExpertHidden))]);
        }

        OutputNorm = Add("output_norm", 1, shape.Hidden, decays: false);
    }

    public ModelShape Shape { get; }

    public ParameterSlot Embedding { get; }

    public LayerSlots[] Layers { get; }

    public ParameterSlot OutputNorm { get; }

    /// <summary>All slots in the order of the buffer.</summary>
    public IReadOnlyList<ParameterSlot> Slots => _slots;

    /// <summary>Number of parameters.</summary>
    public long Length { get; private set; }

    /// <summary>Draws starting values: norms 1, matrices normal with variance 1/inputs, those that write the residual stream smaller with depth.</summary>
    public FloatBuffer Initialize(ulong seed)
    {
        FloatBuffer buffer = new(Length);
        SeededRandom random = new(seed);
        float residual = 1 / MathF.Sqrt(2 * Shape.Layers);
        foreach (ParameterSlot slot in _slots)
        {
            Span<float> values = buffer.Span.Slice((int)slot.Offset, (int)slot.Length);
            if (slot.Rows == 1 && slot.Name.EndsWith("_norm", StringComparison.Ordinal))
            {
                values.Fill(1);
                continue;
            }

            float scale = slot.Name == "token_embd" ? 0.05f : 0.7f / MathF.Sqrt(slot.Columns);
            if (slot.Name.Contains("attn_output", StringComparison.Ordinal) || slot.Name.Contains("ffn_down", StringComparison.Ordinal)) scale *= residual;
            for (int i = 0; i < values.Length; i++) values[i] = scale * random.NextGaussian();
        }

        return buffer;
    }

    private ParameterSlot Add(string name, int rows, int columns, bool decays = true)
    {
        ParameterSlot slot = new(name, Length, rows, columns, decays);
        _slots.Add(slot);
        Length += (slot.Length + 15) / 16 * 16; // vectors start on a cache line
        return slot;
    }
}
