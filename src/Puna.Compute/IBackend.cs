using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Compute;

/// <summary>
/// Where a forward pass runs. Ops are whole steps that a GPU would fuse; the model calls them in order, and each sees the
/// results of those before it. Weights are used where they lie; activations and cache pages are the backend's own.
/// </summary>
/// <remarks>
/// Every op gives the same bits for a row whatever other rows are in the call, however many threads run, and however
/// keys lie in pages: per output element the order of operations is fixed. Nothing is allocated on the managed heap once
/// a call of the same size has been made. A backend serves one caller at a time.
/// </remarks>
public interface IBackend : IDisposable
{
    /// <summary>Short name, such as <c>cpu</c>.</summary>
    string Name { get; }

    /// <summary>Room for [maxRows, width] float32.</summary>
    Activations Allocate(int maxRows, int width);

    /// <summary>An empty pool of cache pages.</summary>
    KvPool CreateKvPool(KvLayout layout);

    /// <summary>y[r] = table[token of row r], decoded to float32.</summary>
    /// <param name="table">[vocab, width], any element type.</param>
    /// <param name="batch">Token ids, each below the vocabulary size.</param>
    /// <param name="y">[rows, width].</param>
    void Embed(Tensor table, Batch batch, Activations y);

    /// <summary>y = w * x / sqrt(mean(x²) + eps), by row.</summary>
    /// <param name="x">[rows, width].</param>
    /// <param name="weight">[width], F32.</param>
    /// <param name="eps">Added to the mean square.</param>
    /// <param name="y">[rows, width]; may be <paramref name="x"/>.</param>
    /// <param name="rows">Rows to work on, from the first.</param>
    /// <remarks>Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.</remarks>
    void RmsNorm(Activations x, Tensor weight, float eps, Activations y, int rows);

    /// <summary>For each projection, y = x Wᵀ (or y += x Wᵀ).</summary>
    /// <param name="x">[rows, K].</param>
    /// <param name="rows">Rows to work on.</param>
    /// <param name="projections">Weights [M, K] and outputs [rows, M]; no output may be <paramref name="x"/>.</param>
    /// <remarks>
    /// Activations are rounded to 8 bits per block for the quantized types that have an integer kernel, as is usual on
    /// CPUs; for all other types products are float32.
    /// </remarks>
    void MatMul(Activations x, int rows, ReadOnlySpan<Projection> projections);

    /// <summary>Fills the cosines and sines of every row's position: [rows, rope.Dimensions], pair m at 2m (cos) and 2m + 1 (sin).</summary>
    void FillRope(RopeTable rope, Batch batch, Activations angles);

    /// <summary>
    /// Rotates the heads of q and k in place and then, when <paramref name="qkNormEps"/> is given, divides each head by
    /// sqrt(mean(head²) + eps) (Llama 4's weightless QK norm).
    /// </summary>
    /// <param name="q">[rows, nHeads * headDim].</param>
    /// <param name="k">[rows, nKvHeads * headDim].</param>
    /// <param name="rows">Rows to work on.</param>
    /// <param name="headDim">Components of a head.</param>
    /// <param name="rope">Pairing and number of rotated components.</param>
    /// <param name="angles">From <see cref="FillRope"/>, for the same batch.</param>
    /// <param name="qkNormEps">Epsilon of the norm, or null for none.</param>
    void RopeQkNorm(Activations q, Activations k, int rows, int headDim, RopeTable rope, Activations angles, float? qkNormEps);

    /// <summary>Multiplies row r of q by the temperature factor of its position.</summary>
    void ScaleQueries(Activations q, Batch batch, TemperatureTuning tuning);

    /// <summary>Stores the keys and values of every row at its position in the cache, rounded to the cache's type.</summary>
    /// <param name="k">[rows, nKvHeads * headDim], after RoPE and QK norm.</param>
    /// <param name="v">[rows, nKvHeads * headDim].</param>
    /// <param name="batch">Position and sequence of each row. Their pages exist and belong to the sequence alone.</param>
    /// <param name="layer">The layer's part of the cache.</param>
    void WriteKv(Activations k, Activations v, Batch batch, in KvLayer layer);

    /// <summary>y = softmax(q kᵀ scale) v over the keys in the cache that each row may see.</summary>
    /// <param name="q">[rows, nHeads * headDim].</param>
    /// <param name="batch">Position and sequence of each row.</param>
    /// <param name="layer">The layer's part of the cache; holds every visible position from the sequence's first on.</param>
    /// <param name="spec">Geometry and mask.</param>
    /// <param name="y">[rows, nHeads * headDim]; not <paramref name="q"/>.</param>
    /// <remarks>Keys are visited page by page in order of position with a running maximum (Milakov and Gimelshein,
    /// Online normalizer calculation for softmax, 2018); nothing of size [rows, keys] is held.</remarks>
    void Attention(Activations q, Batch batch, in KvLayer layer, in AttentionSpec spec, Activations y);

    /// <summary>y = silu(gate) * up, silu(z) = z / (1 + exp(-z)).</summary>
    /// <param name="gate">[rows, width].</param>
    /// <param name="up">[rows, width].</param>
    /// <param name="y">[rows, width]; may be <paramref name="gate"/>.</param>
    /// <param name="rows">Rows to work on.</param>
    /// <remarks>Source: Shazeer, GLU Variants Improve Transformer, 2020.</remarks>
    void SwiGlu(Activations gate, Activations up, Activations y, int rows);

    /// <summary>
    /// Routes every row to its TopK experts and adds their outputs to y: for each chosen expert e, in increasing e,
    /// y += FFN_e(sigmoid(r_e) x), where r = x Routerᵀ and the choice is by the largest r (lowest index on a tie).
    /// </summary>
    /// <param name="x">[rows, D], normalised.</param>
    /// <param name="rows">Rows to work on.</param>
    /// <param name="experts">Router and experts.</param>
    /// <param name="y">[rows, D]; not <paramref name="x"/>.</param>
    /// <remarks>The score multiplies the expert's input. Source: Meta llama-models, models/llama4/moe.py.</remarks>
    void Experts(Activations x, int rows, ExpertWeights experts, Activations y);

    /// <summary>y[i] = x[rows[i]].</summary>
    void Gather(Activations x, ReadOnlySpan<int> rows, Activations y);

    /// <summary>Row <paramref name="row"/> of x in main memory, valid until the next op.</summary>
    ReadOnlySpan<float> Read(Activations x, int row);
}
