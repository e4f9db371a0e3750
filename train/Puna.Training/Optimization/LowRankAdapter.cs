using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Optimization;

/// <summary>
/// Low-rank adaptation (LoRA, Hu et al. 2021): every matrix of the layers is W = W₀ + (alpha / rank) B A with W₀ fixed, A [rank, in]
/// drawn and B [out, rank] zero at first. With G the gradient of W, that of B is (alpha / rank) G Aᵀ and that of A (alpha / rank) Bᵀ G.
/// The embedding, the routers and the norms stay as they are.
/// </summary>
internal sealed unsafe class LowRankAdapter : IDisposable
{
    private readonly record struct Pair(ParameterSlot Matrix, ParameterSlot A, ParameterSlot B);

    private readonly List<Pair> _pairs = [];
    private readonly FloatBuffer _gradients;
    private readonly AdamW _optimizer;
    private readonly int _rank;
    private readonly float _scale;

    /// <param name="layout">The model.</param>
    /// <param name="rank">Columns of B; at least 1.</param>
    /// <param name="alpha">The adaptation is multiplied by this over the rank.</param>
    /// <param name="seed">Of the values that A starts with.</param>
    public LowRankAdapter(ParameterLayout layout, int rank, double alpha, ulong seed)
    {
        _rank = rank;
        _scale = (float)(alpha / rank);
        long at = 0;
        foreach (ParameterSlot slot in Adapted(layout)) _pairs.Add(new Pair(slot, Place(slot.Name + ".a", rank, slot.Columns), Place(slot.Name + ".b", slot.Rows, rank)));

        Base = new FloatBuffer(layout.Length);
        Values = new FloatBuffer(at);
        _gradients = new FloatBuffer(at);
        _optimizer = new AdamW(at);
        SeededRandom random = new(seed);
        foreach (Pair pair in _pairs)
        {
            float width = 1 / MathF.Sqrt(pair.A.Columns);
            foreach (ref float value in Values.Span.Slice((int)pair.A.Offset, (int)pair.A.Length)) value = width * random.NextGaussian();
        }

        ParameterSlot Place(string name, int rows, int columns)
        {
            ParameterSlot slot = new(name, at, rows, columns, Decays: true);
            at += Padded(slot.Length);
            return slot;
        }
    }

    /// <summary>Number of values that are trained.</summary>
    public long Parameters => _pairs.Sum(p => p.A.Length + p.B.Length);

    /// <summary>Matrices that are adapted.</summary>
    public int Count => _pairs.Count;

    /// <summary>The fixed weights.</summary>
    public FloatBuffer Base { get; }

    /// <summary>A and B of every matrix.</summary>
    public FloatBuffer Values { get; }

    /// <summary>What a checkpoint holds beside the merged weights.</summary>
    public FloatBuffer[] State => [Base, Values, _optimizer.Mean, _optimizer.Square];

    /// <summary>Where A and B of one matrix lie among the values.</summary>
    internal (int From, int Length) Range(int index) => ((int)_pairs[index].A.Offset, (int)(_pairs[index].B.Offset + _pairs[index].B.Length - _pairs[index].A.Offset));

    /// <summary>Floats of A and B of all matrices, those between them included.</summary>
    internal static long CountValues(ParameterLayout layout, int rank) => Adapted(layout).Sum(slot => Padded((long)rank * slot.Columns) + Padded((long)rank * slot.Rows));

    /// <summary>Of one matrix: gradients of A and B from that of W.</summary>
    /// <returns>Their sum of squares.</returns>
    public double Project(int index, FloatBuffer gradients)
    {
        (ParameterSlot w, ParameterSlot slotA, ParameterSlot slotB) = _pairs[index];
        float* g = gradients.Data + w.Offset, a = Values.Data + slotA.Offset, b = Values.Data + slotB.Offset;
        float* da = _gradients.Data + slotA.Offset, db = _gradients.Data + slotB.Offset;
        new Span<float>(da, (int)slotA.Length).Clear();
        for (int o = 0; o < w.Rows; o++)
        {
            float* row = g + ((long)o * w.Columns);
            for (int r = 0; r < _rank; r++)
            {
                db[(o * _rank) + r] = _scale * Kernels.Dot(row, a + ((long)r * w.Columns), w.Columns);
                Kernels.AddScaled(da + ((long)r * w.Columns), row, _scale * b[(o * _rank) + r], w.Columns);
            }
        }

        return Kernels.SumOfSquares(da, slotA.Length) + Kernels.SumOfSquares(db, slotB.Length);
    }

    /// <summary>Of one matrix: an optimizer step of A and B, then W.</summary>
    public void Update(int index, FloatBuffer weights, float gradientScale, float rate, float decay, long step)
    {
        _optimizer.Update(_pairs[index].A, Values, _gradients, gradientScale, rate, decay, step);
        _optimizer.Update(_pairs[index].B, Values, _gradients, gradientScale, rate, decay, step);
        Merge(index, weights);
    }

    /// <summary>Of one matrix: W = W₀ + (alpha / rank) B A.</summary>
    public void Merge(int index, FloatBuffer weights)
    {
        (ParameterSlot w, ParameterSlot slotA, ParameterSlot slotB) = _pairs[index];
        float* a = Values.Data + slotA.Offset, b = Values.Data + slotB.Offset;
        Base.Span.Slice((int)w.Offset, (int)w.Length).CopyTo(weights.Span.Slice((int)w.Offset, (int)w.Length));
        for (int o = 0; o < w.Rows; o++)
        {
            for (int r = 0; r < _rank; r++)
                Kernels.AddScaled(weights.Data + w.Offset + ((long)o * w.Columns), a + ((long)r * w.Columns), _scale * b[(o * _rank) + r], w.Columns);
        }
    }

    private static IEnumerable<ParameterSlot> Adapted(ParameterLayout layout) => layout.Slots.Where(slot => slot.Decays && !slot.Name.Contains("ffn_gate_inp", StringComparison.Ordinal));

    private static long Padded(long length) => (length + 15) / 16 * 16;

    /// <inheritdoc/>
    public void Dispose()
    {
        Base.Dispose();
        Values.Dispose();
        _gradients.Dispose();
        _optimizer.Dispose();
    }
}
