using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Encoder;

/// <summary>Weight and bias of a linear layer, [out, in] and [out], or of a layer norm.</summary>
internal readonly record struct Affine(ParameterSlot Weight, ParameterSlot Bias);

/// <summary>Places of one layer's parameters.</summary>
internal sealed record EncoderLayerSlots(Affine Query, Affine Key, Affine Value, Affine Output, Affine AttentionNorm, Affine Up, Affine Down, Affine OutputNorm);

/// <summary>All parameters of an encoder in one buffer, by the names and in the order of a published file.</summary>
internal sealed class EncoderLayout
{
    private readonly List<ParameterSlot> _slots = [];

    public EncoderLayout(EncoderShape shape)
    {
        if (shape.Hidden % shape.Heads != 0) throw new ArgumentException($"A width of {shape.Hidden} does not divide into {shape.Heads} heads.", nameof(shape));

        Shape = shape;
        int h = shape.Hidden;
        Embedding = Add("deberta.embeddings.word_embeddings.weight", shape.Vocabulary, h, decays: false);
        EmbeddingNorm = Norm("deberta.embeddings.LayerNorm");
        Relative = Add("deberta.encoder.rel_embeddings.weight", 2 * shape.Buckets, h, decays: false);
        RelativeNorm = Norm("deberta.encoder.LayerNorm");
        Layers = new EncoderLayerSlots[shape.Layers];
        for (int i = 0; i < Layers.Length; i++)
        {
            string p = $"deberta.encoder.layer.{i}.", attention = p + "attention.";
            Layers[i] = new EncoderLayerSlots(
                Linear(attention + "self.query_proj", h, h), Linear(attention + "self.key_proj", h, h), Linear(attention + "self.value_proj", h, h),
                Linear(attention + "output.dense", h, h), Norm(attention + "output.LayerNorm"),
                Linear(p + "intermediate.dense", shape.Intermediate, h), Linear(p + "output.dense", h, shape.Intermediate), Norm(p + "output.LayerNorm"));
        }

        Pooler = Linear("pooler.dense", h, h);
        Classifier = Linear("classifier", shape.Labels, h);
    }

    public EncoderShape Shape { get; }

    public ParameterSlot Embedding { get; }

    public Affine EmbeddingNorm { get; }

    public ParameterSlot Relative { get; }

    public Affine RelativeNorm { get; }

    public EncoderLayerSlots[] Layers { get; }

    public Affine Pooler { get; }

    public Affine Classifier { get; }

    /// <summary>All slots in the order of the buffer.</summary>
    public IReadOnlyList<ParameterSlot> Slots => _slots;

    /// <summary>Floats of the buffer, with what aligns the slots.</summary>
    public long Length { get; private set; }

    /// <summary>Number of parameters.</summary>
    public long Parameters => _slots.Sum(s => s.Length);

    /// <summary>Draws starting values: norms 1, biases 0, matrices normal by their inputs.</summary>
    public FloatBuffer Initialize(ulong seed)
    {
        FloatBuffer buffer = new(Length);
        SeededRandom random = new(seed);
        foreach (ParameterSlot slot in _slots)
        {
            Span<float> values = buffer.Span.Slice((int)slot.Offset, (int)slot.Length);
            if (slot.Rows == 1)
            {
                values.Fill(slot.Name.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? 1 : 0);
                continue;
            }

            float scale = slot == Embedding || slot == Relative ? 0.05f : 0.7f / MathF.Sqrt(slot.Columns);
            for (int i = 0; i < values.Length; i++) values[i] = scale * random.NextGaussian();
        }

        return buffer;
    }

    private Affine Linear(string name, int outputs, int inputs) => new(Add(name + ".weight", outputs, inputs), Add(name + ".bias", 1, outputs, decays: false));

    private Affine Norm(string name) => new(Add(name + ".weight", 1, Shape.Hidden, decays: false), Add(name + ".bias", 1, Shape.Hidden, decays: false));

    private ParameterSlot Add(string name, int rows, int columns, bool decays = true)
    {
        ParameterSlot slot = new(name, Length, rows, columns, decays);
        _slots.Add(slot);
        Length += (slot.Length + 15) / 16 * 16; // vectors start on a cache line
        return slot;
    }
}
