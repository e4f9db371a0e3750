using Puna.Tensors;

namespace Puna.Compute;

/// <summary>One product of a <see cref="IBackend.MatMul"/> call.</summary>
/// <param name="Weight">W [M, K], any element type and layout.</param>
/// <param name="Output">y [rows, M].</param>
/// <param name="Accumulate">Add to y (a residual) instead of replacing it.</param>
public readonly record struct Projection(Tensor Weight, Activations Output, bool Accumulate = false);

/// <summary>Geometry and mask of an attention layer.</summary>
/// <param name="NHeads">Query heads; head h reads key/value head h / (NHeads / NKvHeads).</param>
/// <param name="NKvHeads">Key/value heads.</param>
/// <param name="HeadDim">Components of a head.</param>
/// <param name="Scale">Factor of every score, 1/sqrt(headDim).</param>
/// <param name="ChunkSize">
/// 0: a query at q sees keys 0…q. Otherwise it sees only those with k / ChunkSize == q / ChunkSize (Llama 4's local layers).
/// </param>
public readonly record struct AttentionSpec(int NHeads, int NKvHeads, int HeadDim, float Scale, int ChunkSize)
{
    /// <summary>First position that a query at <paramref name="pos"/> may see.</summary>
    public int FirstVisible(int pos) => ChunkSize == 0 ? 0 : pos - (pos % ChunkSize);
}

/// <summary>Weights of a mixture of experts: a router and, for each expert, gate, up and down matrices.</summary>
/// <param name="Router">[E, D].</param>
/// <param name="Gate">E matrices [F, D].</param>
/// <param name="Up">E matrices [F, D].</param>
/// <param name="Down">E matrices [D, F].</param>
/// <param name="TopK">Experts used per token.</param>
public sealed record ExpertWeights(Tensor Router, Tensor[] Gate, Tensor[] Up, Tensor[] Down, int TopK)
{
    /// <summary>Experts.</summary>
    public int Count => Gate.Length;

    /// <summary>F, the width of an expert.</summary>
    public int IntermediateSize => Gate[0].M;
}

/// <summary>Llama 4's temperature tuning of the layers without positional encoding.</summary>
/// <param name="FloorScale">Positions per step, 8192 in the published models.</param>
/// <param name="AttentionScale">Weight of the logarithm, 0.1 in the published models.</param>
public readonly record struct TemperatureTuning(double FloorScale, double AttentionScale)
{
    /// <summary>s(p) = 1 + a ln(1 + floor((p + 1) / floorScale)), the factor of a query at position p.</summary>
    /// <remarks>Source: Meta llama-models, models/llama4/model.py.</remarks>
    public float Factor(int pos) => (float)(1 + (AttentionScale * Math.Log(1 + Math.Floor((pos + 1) / FloorScale))));
}
