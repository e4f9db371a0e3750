using Puna.Compute.Cpu.Disentangled;
using Puna.Tensors;

namespace Puna.Compute.Reference;

public sealed partial class ReferenceBackend : IEncoderBackend
{
    /// <inheritdoc/>
    public void LayerNorm(Activations x, Tensor weight, Tensor bias, float eps, Activations y, int rows)
    {
        HostActivations input = Host(nameof(LayerNorm), x, rows), output = Host(nameof(LayerNorm), y, rows);
        float[] w = Vector(nameof(LayerNorm), weight, x.Width), b = Vector(nameof(LayerNorm), bias, x.Width);
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<float> row = input.Row(r);
            double mean = 0, variance = 0;
            foreach (float value in row) mean += value;
            mean /= row.Length;
            foreach (float value in row) variance += (value - mean) * (value - mean);
            double scale = 1 / Math.Sqrt((variance / row.Length) + eps);
            for (int i = 0; i < row.Length; i++) output.Row(r)[i] = (float)(((row[i] - mean) * scale * w[i]) + b[i]);
        }
    }

    /// <inheritdoc/>
    public void AddBias(Activations x, Tensor bias, int rows)
    {
        HostActivations values = Host(nameof(AddBias), x, rows);
        float[] b = Vector(nameof(AddBias), bias, x.Width);
        for (int r = 0; r < rows; r++)
        {
            for (int i = 0; i < b.Length; i++) values.Row(r)[i] += b[i];
        }
    }

    /// <inheritdoc/>
    public void BiasGelu(Activations x, Tensor bias, int rows)
    {
        AddBias(x, bias, rows);
        HostActivations values = Host(nameof(BiasGelu), x, rows);
        for (int r = 0; r < rows; r++)
        {
            foreach (ref float value in values.Row(r)) value = (float)(value * NormalDistribution(value));
        }
    }

    /// <inheritdoc/>
    public void SpreadDistances(Activations table, ReadOnlySpan<int> rowOf, Activations y) =>
        HostRelativeTable.Spread(Host(nameof(SpreadDistances), table, 0), rowOf, Host(nameof(SpreadDistances), y, table.Width));

    /// <inheritdoc/>
    public void DisentangledAttention(Activations q, Activations k, Activations v, Activations relK, Activations relQ,
        ReadOnlySpan<RowWindow> windows, in DisentangledSpec spec, Activations y)
    {
        DisentangledCall call = DisentangledCheck.Check(q, k, v, relK, relQ, windows, spec, y);
        for (int w = 0; w < windows.Length; w++)
        {
            for (int i = 0; i < (spec.FirstRowOnly ? 1 : windows[w].Count); i++)
            {
                int row = spec.FirstRowOnly ? w : windows[w].First + i;
                for (int head = 0; head < spec.NHeads; head++) Attend(call, windows[w], i, head * spec.HeadDim, row);
            }
        }
    }

    private static void Attend(in DisentangledCall call, RowWindow window, int i, int column, int row)
    {
        int headDim = call.Spec.HeadDim;
        double[] scores = new double[window.Count];
        for (int j = 0; j < window.Count; j++)
        {
            int distance = call.Spec.MaxLength - 1 + j - i;
            for (int c = column; c < column + headDim; c++)
            {
                double query = call.Q.Row(row)[c], key = call.K.Row(window.First + j)[c];
                scores[j] += (query * key) + (query * call.RelK.Row(c)[distance]) + (key * call.RelQ.Row(c)[distance]);
            }

            scores[j] *= call.Spec.Scale;
        }

        double max = scores.Max(), total = 0;
        for (int j = 0; j < scores.Length; j++) total += scores[j] = Math.Exp(scores[j] - max);
        for (int c = column; c < column + headDim; c++)
        {
            double sum = 0;
            for (int j = 0; j < scores.Length; j++) sum += scores[j] / total * call.V.Row(window.First + j)[c];
            call.Y.Row(row)[c] = (float)sum;
        }
    }

    /// <summary>
    /// Φ(z) to some 1e-15: the series Φ(z) = 1/2 + φ(z) (z + z³/3 + z⁵/15 + …) near 0, the continued fraction of the tail
    /// further out. Source: Abramowitz and Stegun, 26.2.11 and 26.2.14.
    /// </summary>
    internal static double NormalDistribution(double z)
    {
        double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        if (Math.Abs(z) > 5)
        {
            double fraction = Math.Abs(z);
            for (int k = 100; k > 0; k--) fraction = Math.Abs(z) + (k / fraction);
            return z < 0 ? density / fraction : 1 - (density / fraction);
        }

        double term = z, sum = z;
        for (int k = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum) && k < 500; k += 2) sum += term *= z * z / k;
        return 0.5 + (density * sum);
    }

    private static float[] Vector(string op, Tensor tensor, int width)
    {
        if (tensor.Elements != width) KernelThrow.Shape(op, $"the length of {tensor.Name}", tensor.Elements, width);
        float[] values = new float[width];
        WeightReader.Row(tensor, 0, values);
        return values;
    }
}
