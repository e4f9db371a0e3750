using Puna.Tensors;

namespace Puna.Compute;

/// <summary>
/// A backend that also runs encoders of the DeBERTa family: ops with biases, layer norm, the exact GELU, and attention in
/// both directions with relative positions. The promises of <see cref="IBackend"/> hold for these, too.
/// </summary>
public interface IEncoderBackend : IBackend
{
    /// <summary>y = w (x - mean(x)) / sqrt(var(x) + eps) + b, by row; the variance divides by the width.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="weight">[width], F32.</param>
    /// <param name="bias">[width], F32.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="y">[rows, width]; may be <paramref name="x"/>.</param>
    /// <param name="rows">Rows to work on, from the first.</param>
    /// <remarks>Source: Ba, Kiros and Hinton, Layer Normalization, 2016.</remarks>
    void LayerNorm(Activations x, Tensor weight, Tensor bias, float eps, Activations y, int rows);

    /// <summary>x += b, by row.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="bias">[width], F32.</param>
    /// <param name="rows">Rows to work on.</param>
    void AddBias(Activations x, Tensor bias, int rows);

    /// <summary>x = gelu(x + b), by row, gelu(z) = z Φ(z) with the exact normal distribution function.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="bias">[width], F32.</param>
    /// <param name="rows">Rows to work on.</param>
    /// <remarks>Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.</remarks>
    void BiasGelu(Activations x, Tensor bias, int rows);

    /// <summary>y[c, d] = table[rowOf[d], c]: a table of relative positions turned so that distances lie side by side.</summary>
    /// <param name="table">[positions, width].</param>
    /// <param name="rowOf">Row of each distance, <paramref name="y"/>'s width of them.</param>
    /// <param name="y">[width, distances].</param>
    void SpreadDistances(Activations table, ReadOnlySpan<int> rowOf, Activations y);

    /// <summary>
    /// Disentangled attention inside each window: with i the query, j the key and d = j - i,
    /// y_i = Σ_j softmax_j(scale (q_i·k_j + q_i·relK_d + k_j·relQ_d)) v_j, by head.
    /// </summary>
    /// <param name="q">[rows, heads * headDim]; with <see cref="DisentangledSpec.FirstRowOnly"/> a row for each window.</param>
    /// <param name="k">[rows, heads * headDim].</param>
    /// <param name="v">[rows, heads * headDim].</param>
    /// <param name="relK">[heads * headDim, distances] from <see cref="SpreadDistances"/>: distance d in column MaxLength - 1 + d.</param>
    /// <param name="relQ">As <paramref name="relK"/>.</param>
    /// <param name="windows">Rows of each window; every one attends to all rows of its own window.</param>
    /// <param name="spec">Geometry.</param>
    /// <param name="y">As <paramref name="q"/>, and not the same.</param>
    /// <remarks>Source: He et al., DeBERTa: Decoding-enhanced BERT with Disentangled Attention, 2020.</remarks>
    void DisentangledAttention(Activations q, Activations k, Activations v, Activations relK, Activations relQ,
        ReadOnlySpan<RowWindow> windows, in DisentangledSpec spec, Activations y);
}
