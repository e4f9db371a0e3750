using Puna.Compute.Kv;
using Puna.Tensors;

namespace Puna.Compute.Reference;

/// <summary>
/// Every op in its plainest form: scalar, one thread, sums in float64, weights decoded row by row, activations never
/// rounded. Slow on purpose; the oracle that other backends are tested against.
/// </summary>
public sealed partial class ReferenceBackend
{
    private float[] _row = [];
    private float[] _hidden = [];

    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public Activations Allocate(int maxRows, int width) => new HostActivations(maxRows, width);

    /// <inheritdoc/>
    public KvPool CreateKvPool(KvLayout layout) => new HostKvPool(layout);

    /// <inheritdoc/>
    public void Embed(Tensor table, Batch batch, Activations y)
    {
        HostActivations output = Host(nameof(Embed), y, batch.Rows);
        for (int r = 0; r < batch.Rows; r++)
        {
            int token = batch.Tokens[r];
            if ((uint)token >= (ulong)table.Rows) KernelThrow.TokenOutOfRange(r, token, table.Rows);
            WeightReader.Row(table, token, output.Row(r));
        }
    }

    /// <inheritdoc/>
    public void RmsNorm(Activations x, Tensor weight, float eps, Activations y, int rows)
    {
        HostActivations input = Host(nameof(RmsNorm), x, rows), output = Host(nameof(RmsNorm), y, rows);
        Span<float> w = Scratch(ref _row, x.Width);
        WeightReader.Row(weight, 0, w);
        for (int r = 0; r < rows; r++)
        {
            double scale = InverseRms(input.Row(r), eps);
            for (int i = 0; i < x.Width; i++) output.Row(r)[i] = (float)(w[i] * (input.Row(r)[i] * scale));
        }
    }

    /// <inheritdoc/>
    public void MatMul(Activations x, int rows, ReadOnlySpan<Projection> projections)
    {
        HostActivations input = Host(nameof(MatMul), x, rows);
        foreach (Projection p in projections)
        {
            HostActivations output = Host(nameof(MatMul), p.Output, rows);
            if (x.Width != p.Weight.K) KernelThrow.Shape(nameof(MatMul), $"the input width for {p.Weight.Name}", x.Width, p.Weight.K);
            if (output.Width != p.Weight.M) KernelThrow.Shape(nameof(MatMul), $"the output width for {p.Weight.Name}", output.Width, p.Weight.M);

            Span<float> w = Scratch(ref _row, p.Weight.K);
            for (int m = 0; m < p.Weight.M; m++)
            {
                WeightReader.Output(p.Weight, m, w);
                for (int r = 0; r < rows; r++)
                {
                    float sum = (float)Dot(w, input.Row(r));
                    output.Row(r)[m] = p.Accumulate ? output.Row(r)[m] + sum : sum;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void FillRope(RopeTable rope, Batch batch, Activations angles)
    {
        HostActivations output = Host(nameof(FillRope), angles, batch.Rows);
        if (angles.Width != rope.Dimensions) KernelThrow.Shape(nameof(FillRope), "the width of the angles", angles.Width, rope.Dimensions);
        for (int r = 0; r < batch.Rows; r++)
        {
            for (int m = 0; m < rope.Frequencies.Length; m++)
            {
                (double sin, double cos) = Math.SinCos(batch.Positions[r] * rope.Frequencies[m]);
                output.Row(r)[2 * m] = (float)cos;
                output.Row(r)[(2 * m) + 1] = (float)sin;
            }
        }
    }

    /// <inheritdoc/>
    public void RopeQkNorm(Activations q, Activations k, int rows, int headDim, RopeTable rope, Activations angles, float? qkNormEps)
    {
        HostActivations turns = Host(nameof(RopeQkNorm), angles, rows);
        foreach (HostActivations x in (ReadOnlySpan<HostActivations>)[Host(nameof(RopeQkNorm), q, rows), Host(nameof(RopeQkNorm), k, rows)])
        {
            for (int r = 0; r < rows; r++)
            {
                for (int first = 0; first < x.Width; first += headDim)
                {
                    Span<float> head = x.Row(r).Slice(first, headDim);
                    Rotate(head, turns.Row(r), rope);
                    if (qkNormEps is not { } eps) continue;

                    double scale = InverseRms(head, eps);
                    for (int i = 0; i < headDim; i++) head[i] = (float)(head[i] * scale);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void ScaleQueries(Activations q, Batch batch, TemperatureTuning tuning)
    {
        HostActivations x = Host(nameof(ScaleQueries), q, batch.Rows);
        for (int r = 0; r < batch.Rows; r++)
        {
            float factor = tuning.Factor(batch.Positions[r]);
            foreach (ref float value in x.Row(r)) value *= factor;
        }
    }

    /// <inheritdoc/>
    public void WriteKv(Activations k, Activations v, Batch batch, in KvLayer layer)
    {
        HostActivations keys = Host(nameof(WriteKv), k, batch.Rows), values = Host(nameof(WriteKv), v, batch.Rows);
        HostKvPool pool = Pool(nameof(WriteKv), layer);
        for (int r = 0; r < batch.Rows; r++)
        {
            int pos = batch.Positions[r], slot = pos % pool.Layout.PageTokens;
            int page = layer.Tables[batch.Sequences[r]][pos / pool.Layout.PageTokens];
            if (page == KvPageTable.None) KernelThrow.MissingPage(r, pos, batch.Sequences[r]);
            for (int h = 0; h < pool.Layout.NKvHeads; h++)
            {
                int first = h * pool.Layout.HeadDim;
                KvCell.WriteKey(pool, page, layer.Layer, h, slot, keys.Row(r).Slice(first, pool.Layout.HeadDim));
                KvCell.WriteValue(pool, page, layer.Layer, h, slot, values.Row(r).Slice(first, pool.Layout.HeadDim));
            }
        }
    }

    /// <inheritdoc/>
    public void Attention(Activations q, Batch batch, in KvLayer layer, in AttentionSpec spec, Activations y)
    {
        HostActivations queries = Host(nameof(Attention), q, batch.Rows), output = Host(nameof(Attention), y, batch.Rows);
        HostKvPool pool = Pool(nameof(Attention), layer);
        int headDim = spec.HeadDim, group = spec.NHeads / spec.NKvHeads, pageTokens = pool.Layout.PageTokens;
        Span<float> cell = Scratch(ref _row, headDim);
        double[] sum = new double[headDim];
        for (int r = 0; r < batch.Rows; r++)
        {
            KvPageTable table = layer.Tables[batch.Sequences[r]];
            int pos = batch.Positions[r], first = Math.Max(table.FirstPos, spec.FirstVisible(pos));
            double[] probs = new double[pos - first + 1];
            for (int h = 0; h < spec.NHeads; h++)
            {
                ReadOnlySpan<float> query = queries.Row(r).Slice(h * headDim, headDim);
                for (int j = first; j <= pos; j++)
                {
                    KvCell.ReadKey(pool, PageOf(table, j, pageTokens, r, batch), layer.Layer, h / group, j % pageTokens, cell);
                    probs[j - first] = Dot(query, cell) * spec.Scale;
                }

                double max = probs.Max(), total = 0;
                for (int j = 0; j < probs.Length; j++) total += probs[j] = Math.Exp(probs[j] - max);

                Array.Clear(sum);
                for (int j = first; j <= pos; j++)
                {
                    KvCell.ReadValue(pool, PageOf(table, j, pageTokens, r, batch), layer.Layer, h / group, j % pageTokens, cell);
                    for (int i = 0; i < headDim; i++) sum[i] += probs[j - first] / total * cell[i];
                }

                for (int i = 0; i < headDim; i++) output.Row(r)[(h * headDim) + i] = (float)sum[i];
            }
        }
    }

    /// <inheritdoc/>
    public void SwiGlu(Activations gate, Activations up, Activations y, int rows)
    {
        HostActivations g = Host(nameof(SwiGlu), gate, rows), u = Host(nameof(SwiGlu), up, rows), output = Host(nameof(SwiGlu), y, rows);
        for (int r = 0; r < rows; r++) SwiGlu(g.Row(r), u.Row(r), output.Row(r));
    }

    /// <inheritdoc/>
    public void Experts(Activations x, int rows, ExpertWeights experts, Activations y)
    {
        HostActivations input = Host(nameof(Experts), x, rows), output = Host(nameof(Experts), y, rows);
        float[] logits = new float[experts.Count], scaled = new float[x.Width];
        float[] gate = new float[experts.IntermediateSize], up = new float[experts.IntermediateSize], down = new float[y.Width];
        for (int r = 0; r < rows; r++)
        {
            Product(experts.Router, input.Row(r), logits);
            foreach (int e in Chosen(logits, experts.TopK))
            {
                double weight = 1 / (1 + Math.Exp(-(double)logits[e]));
                for (int i = 0; i < scaled.Length; i++) scaled[i] = (float)(input.Row(r)[i] * weight);

                Product(experts.Gate[e], scaled, gate);
                Product(experts.Up[e], scaled, up);
                SwiGlu(gate, up, gate);
                Product(experts.Down[e], gate, down);
                for (int i = 0; i < down.Length; i++) output.Row(r)[i] += down[i];
            }
        }
    }

    /// <inheritdoc/>
    public void Gather(Activations x, ReadOnlySpan<int> rows, Activations y)
    {
        HostActivations output = Host(nameof(Gather), y, rows.Length);
        for (int i = 0; i < rows.Length; i++) Host(nameof(Gather), x, rows[i] + 1).Row(rows[i]).CopyTo(output.Row(i));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Read(Activations x, int row) => Host(nameof(Read), x, row + 1).Row(row);

    /// <summary>Holds nothing that needs freeing.</summary>
    public void Dispose()
    {
    }

    /// <summary>The topK indices of largest logit, lowest index first on a tie, in increasing order of index.</summary>
    internal static int[] Chosen(ReadOnlySpan<float> logits, int topK)
    {
        float[] values = logits.ToArray();
        int[] order = [.. Enumerable.Range(0, values.Length)];
        return [.. order.OrderByDescending(e => values[e]).ThenBy(e => e).Take(topK).Order()];
    }

    private void Product(Tensor weight, ReadOnlySpan<float> x, Span<float> y)
    {
        Span<float> w = Scratch(ref _hidden, weight.K);
        for (int m = 0; m < weight.M; m++)
        {
            WeightReader.Output(weight, m, w);
            y[m] = (float)Dot(w, x);
        }
    }

    private static void SwiGlu(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        for (int i = 0; i < y.Length; i++) y[i] = (float)(gate[i] / (1 + Math.Exp(-(double)gate[i])) * up[i]);
    }

    private static void Rotate(Span<float> head, ReadOnlySpan<float> turns, RopeTable rope)
    {
        int pairs = rope.Dimensions / 2;
        for (int m = 0; m < pairs; m++)
        {
            int i = rope.Pairing == RopePairing.Adjacent ? 2 * m : m;
            int j = rope.Pairing == RopePairing.Adjacent ? i + 1 : m + pairs;
            double a = head[i], b = head[j], cos = turns[2 * m], sin = turns[(2 * m) + 1];
            head[i] = (float)((a * cos) - (b * sin));
            head[j] = (float)((a * sin) + (b * cos));
        }
    }

    private static double InverseRms(ReadOnlySpan<float> x, float eps)
    {
        double squares = 0;
        foreach (float value in x) squares += (double)value * value;
        return 1 / Math.Sqrt((squares / x.Length) + eps);
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }

    private static int PageOf(KvPageTable table, int key, int pageTokens, int row, Batch batch)
    {
        int page = table[key / pageTokens];
        if (page == KvPageTable.None) KernelThrow.MissingPage(row, batch.Positions[row], batch.Sequences[row]);
        return page;
    }

    private static Span<float> Scratch(ref float[] buffer, int length)
    {
        if (buffer.Length < length) buffer = new float[length];
        return buffer.AsSpan(0, length);
    }

    private static HostKvPool Pool(string op, in KvLayer layer) =>
        layer.Pool as HostKvPool ?? throw new ArgumentException($"{op}: cache pages of type {layer.Pool.GetType().Name} belong to another backend.");

    private static HostActivations Host(string op, Activations x, int rows)
    {
        if (x is not HostActivations host)
        {
            KernelThrow.ForeignActivations(op, x.GetType());
            return null!;
        }

        if (rows > x.MaxRows) KernelThrow.Rows(op, "a matrix", rows, x.MaxRows);
        return host;
    }
}
