using Puna.Tensors;

namespace Puna.Tests.Fidelity;

/// <summary>
/// The networks of Llama 2, 3 and 4 in float64, straight from their equations: whole sequences, no cache, no batches. Knows
/// nothing of the code it is to check; shares only the decoded weights.
/// </summary>
/// <remarks>Source: Meta llama-models, models/llama3/model.py, models/llama4/model.py, moe.py and ffn.py.</remarks>
internal sealed class Float64Decoder(RandomModel model, IReadOnlyDictionary<string, double[]> weights)
{
    private const int DefaultChunk = 8192, DefaultNopeInterval = 4, ExpertsWithoutQkNorm = 128;
    private const double DefaultFloor = 8192, TemperatureScale = 0.1;

    private readonly bool _llama4 = model.Architecture == "llama4";

    /// <summary>Mistakes to make.</summary>
    public Deviations Deviations { get; init; }

    /// <summary>Round the inputs of products with quantized weights to 8 bits a block, as integer kernels do.</summary>
    public bool RoundActivations { get; init; }

    /// <summary>
    /// For each token of the last call, the smallest distance over all layers between the score of the last expert chosen
    /// and the first one not chosen: rounding beyond it sends the token to another expert.
    /// </summary>
    public double[] RouterMargins { get; private set; } = [];

    /// <summary>Logits of every position.</summary>
    /// <param name="tokens">Token ids of one sequence.</param>
    /// <param name="firstPos">Position of the first.</param>
    /// <returns>[tokens][vocab].</returns>
    public double[][] Logits(ReadOnlySpan<int> tokens, int firstPos = 0)
    {
        int d = model.HiddenSize;
        double[][] hidden = new double[tokens.Length][];
        for (int t = 0; t < hidden.Length; t++) hidden[t] = weights["token_embd.weight"].AsSpan(tokens[t] * d, d).ToArray();

        RouterMargins = new double[tokens.Length];
        Array.Fill(RouterMargins, double.PositiveInfinity);
        for (int i = 0; i < model.Layers; i++)
        {
            string layer = $"blk.{i}.";
            double[][] attended = Attention(i, [.. hidden.Select(h => Norm(h, weights[layer + "attn_norm.weight"]))], firstPos);
            for (int t = 0; t < hidden.Length; t++)
            {
                hidden[t] = Sum(hidden[t], Product(layer + "attn_output.weight", attended[t], d));
                hidden[t] = Sum(hidden[t], FeedForward(i, Norm(hidden[t], weights[layer + "ffn_norm.weight"]), t));
            }
        }

        string output = model.Tied ? "token_embd.weight" : "output.weight";
        return [.. hidden.Select(h => Product(output, Norm(h, weights["output_norm.weight"]), model.VocabSize))];
    }

    private double[][] Attention(int i, double[][] x, int firstPos)
    {
        int headDim = model.HeadDim, group = model.Heads / model.KvHeads;
        double[][] q = Project("attn_q", model.Heads), k = Project("attn_k", model.KvHeads), v = Project("attn_v", model.KvHeads);
        for (int t = 0; t < x.Length; t++)
        {
            Position(i, q[t], firstPos + t, isQuery: true);
            Position(i, k[t], firstPos + t, isQuery: false);
        }

        double[][] y = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            y[t] = new double[model.Heads * headDim];
            int first = Math.Max(0, FirstVisible(i, firstPos + t) - firstPos);
            for (int h = 0; h < model.Heads; h++)
            {
                int from = headDim * (Has(Deviations.HeadsInterleaved) ? h % model.KvHeads : h / group);
                double[] scores = new double[t + 1 - first];
                for (int j = first; j <= t; j++)
                {
                    for (int c = 0; c < headDim; c++) scores[j - first] += q[t][(h * headDim) + c] * k[j][from + c];
                    scores[j - first] /= Math.Sqrt(headDim);
                }

                double max = scores.Max(), total = scores.Sum(s => Math.Exp(s - max));
                for (int j = first; j <= t; j++)
                {
                    double prob = Math.Exp(scores[j - first] - max) / total;
                    for (int c = 0; c < headDim; c++) y[t][(h * headDim) + c] += prob * v[j][from + c];
                }
            }
        }

        return y;

        double[][] Project(string name, int heads) => [.. x.Select(row => Product($"blk.{i}.{name}.weight", row, heads * headDim))];
    }

    /// <summary>What happens to the heads of one query or key because of where it stands.</summary>
    private void Position(int i, double[] heads, int pos, bool isQuery)
    {
        bool rope = UsesRope(i);
        for (int first = 0; first < heads.Length; first += model.HeadDim)
        {
            Span<double> head = heads.AsSpan(first, model.HeadDim);
            if (rope || Has(Deviations.RopeEverywhere)) Rotate(head, pos);
            if (QkNorm && (rope || Has(Deviations.QkNormEverywhere))) Normalise(head);
        }

        if (rope || !isQuery || Has(Deviations.NoTemperature)) return;

        double floor = model.TemperatureFloor ?? DefaultFloor, counted = Has(Deviations.TemperatureOneLate) ? pos : pos + 1.0;
        double factor = 1 + (TemperatureScale * Math.Log(1 + Math.Floor(counted / floor)));
        for (int c = 0; c < heads.Length; c++) heads[c] *= factor;
    }

    private void Rotate(Span<double> head, int pos)
    {
        int rotated = model.RopeDimensions ?? model.HeadDim;
        for (int m = 0; m < rotated / 2; m++)
        {
            double frequency = Math.Pow(model.RopeBase, -2.0 * m / rotated);
            if (model.RopeDivisors.Length > 0)
                frequency = Has(Deviations.DivisorsMultiply) ? frequency * model.RopeDivisors[m] : frequency / model.RopeDivisors[m];

            double angle = Has(Deviations.Float32Angles) ? (float)pos * (float)frequency : pos * frequency;
            (int i, int j) = Has(Deviations.HalfSplitPairs) ? (m, m + (rotated / 2)) : (2 * m, (2 * m) + 1);
            (double sin, double cos) = Math.SinCos(angle);
            (head[i], head[j]) = ((head[i] * cos) - (head[j] * sin), (head[i] * sin) + (head[j] * cos));
        }
    }

    private static void Normalise(Span<double> head)
    {
        double squares = 0;
        foreach (double value in head) squares += value * value;
        foreach (ref double value in head) value /= Math.Sqrt((squares / head.Length) + RandomModel.RmsEps);
    }

    private double[] FeedForward(int i, double[] x, int token)
    {
        string layer = $"blk.{i}.ffn_";
        if (!model.IsMixture(i)) return Gated(layer, ".weight", expert: 0, x, model.DenseSize);

        double[] y = Has(Deviations.NoSharedExpert) ? new double[x.Length] : Gated(layer, "_shexp.weight", expert: 0, x, model.ExpertSize);
        double[] scores = Product(layer + "gate_inp.weight", x, model.Experts);
        int[] order = [.. Enumerable.Range(0, model.Experts).OrderByDescending(e => scores[e])];
        int[] chosen = order[..model.ExpertsUsed];
        if (model.Experts > model.ExpertsUsed)
            RouterMargins[token] = Math.Min(RouterMargins[token], scores[chosen[^1]] - scores[order[model.ExpertsUsed]]);

        foreach (int e in chosen)
        {
            double score = Has(Deviations.SoftmaxScores)
                ? Math.Exp(scores[e]) / chosen.Sum(c => Math.Exp(scores[c]))
                : 1 / (1 + Math.Exp(-scores[e]));
            double[] added = Has(Deviations.ScoreOnOutput)
                ? Scaled(Gated(layer, "_exps.weight", e, x, model.ExpertSize), score)
                : Gated(layer, "_exps.weight", e, Scaled(x, score), model.ExpertSize);
            y = Sum(y, added);
        }

        return y;
    }

    private double[] Gated(string layer, string suffix, int expert, double[] x, int width)
    {
        double[] gate = Product($"{layer}gate{suffix}", x, width, expert), up = Product($"{layer}up{suffix}", x, width, expert);
        double[] inner = [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)];
        return Product($"{layer}down{suffix}", inner, model.HiddenSize, expert);
    }

    private double[] Product(string name, double[] x, int outputs, int expert = 0)
    {
        if (RoundActivations && !name.EndsWith("gate_inp.weight", StringComparison.Ordinal)) x = Rounded(x, model.Type);

        double[] w = weights[name], y = new double[outputs];
        for (int m = 0, at = expert * outputs * x.Length; m < outputs; m++)
        {
            for (int k = 0; k < x.Length; k++) y[m] += w[at++] * x[k];
        }

        return y;
    }

    private static double[] Norm(double[] x, double[] weight)
    {
        double rms = Math.Sqrt((x.Sum(v => v * v) / x.Length) + RandomModel.RmsEps);
        return [.. x.Zip(weight, (v, w) => v / rms * w)];
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Scaled(double[] x, double factor) => [.. x.Select(v => v * factor)];

    /// <summary>Blocks of 32 or 256 values as 127ths of their largest, where weights of the type come in blocks.</summary>
    private static double[] Rounded(double[] x, ElementType type)
    {
        if (!type.IsQuantized()) return x;

        double[] y = new double[x.Length];
        int length = type.BlockLength();
        for (int first = 0; first < x.Length; first += length)
        {
            double max = x.AsSpan(first, length).ToArray().Max(Math.Abs), scale = max / 127;
            double stored = length == 32 ? (double)(Half)scale : scale; // a scale of a block of 32 is a half
            for (int i = first; i < first + length && scale > 0; i++) y[i] = Math.Round(x[i] / scale) * stored;
        }

        return y;
    }

    private bool QkNorm => _llama4 && !Has(Deviations.NoQkNorm) && (model.UseQkNorm ?? !(model.NoQkNorm ?? model.Experts == ExpertsWithoutQkNorm));

    private bool UsesRope(int i)
    {
        if (!_llama4 || (model.SlidingWindow == 0 && model.NopeInterval is null)) return true;
        int interval = model.NopeInterval ?? DefaultNopeInterval;
        return interval == 0 || (i + 1) % interval != 0;
    }

    private int FirstVisible(int i, int pos)
    {
        int chunk = model.ChunkSize ?? model.SlidingWindow ?? DefaultChunk;
        if (!_llama4 || !UsesRope(i) || chunk == 0 || Has(Deviations.ChunksIgnored)) return 0;
        return Has(Deviations.ChunksSlide) ? Math.Max(0, pos - chunk + 1) : pos / chunk * chunk;
    }

    private bool Has(Deviations deviation) => Deviations.HasFlag(deviation);
}
