using Puna.Compute;
using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Disentangled;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Cpu.Norm;
using Puna.Compute.Reference;
using Puna.Tensors;

namespace Puna.Backend.Tests.Ops;

public sealed unsafe class EncoderOpTests
{
    private const float Eps = 1e-7f;

    public static TheoryData<int> Widths => [1, 3, 7, 8, 15, 16, 17, 31, 33, 384];

    public static TheoryData<int, int> Windows
    {
        get
        {
            TheoryData<int, int> cases = [];
            foreach (int headDim in (int[])[1, 4, 15, 16, 17, 64])
            {
                foreach (int count in (int[])[1, 3, 4, 5, 15, 16, 17, 33, 63, 65, 100]) cases.Add(headDim, count);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Layer_norm_agrees_with_the_formula(string name)
    {
        using IEncoderBackend backend = (IEncoderBackend)Backends.Create(name);
        foreach (int width in Widths.Select(row => row.Data))
        {
            const int Rows = 5;
            float[] x = Numbers.Random(Rows * width, 1, 3), w = Numbers.Random(width, 2), b = Numbers.Random(width, 3);
            using Activations input = backend.Fill(Rows, width, x);
            fixed (float* weight = w, bias = b)
                backend.LayerNorm(input, Vector(weight, width), Vector(bias, width), Eps, input, Rows);

            float[] y = backend.ReadAll(input, Rows);
            for (int r = 0; r < Rows; r++)
            {
                double[] row = [.. x.Skip(r * width).Take(width).Select(v => (double)v)];
                double mean = row.Average(), deviation = Math.Sqrt(row.Select(v => (v - mean) * (v - mean)).Average() + Eps);
                for (int i = 0; i < width; i++)
                {
                    // The mean, the difference, the factor, a product and the sum round once each; a width of 1 divides
                    // the rounding of the mean by sqrt(eps).
                    double tolerance = ((6 * Math.Abs(w[i]) * 3 / deviation) + Math.Abs(b[i])) * 2 * Numbers.Eps;
                    Assert.Equal(((row[i] - mean) / deviation * w[i]) + b[i], y[(r * width) + i], tolerance);
                }
            }
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Gelu_agrees_with_the_formula_over_the_whole_range(string name)
    {
        const int Width = 4001;
        using IEncoderBackend backend = (IEncoderBackend)Backends.Create(name);
        float[] x = [.. Enumerable.Range(0, Width).Select(i => (i - 2000) * 0.01f)], b = Numbers.Random(Width, 4, 0.01f);
        using Activations values = backend.Fill(1, Width, x);
        fixed (float* bias = b) backend.BiasGelu(values, Vector(bias, Width), 1);

        ReadOnlySpan<float> y = backend.Read(values, 0);
        for (int i = 0; i < Width; i++)
        {
            float z = x[i] + b[i];
            Assert.Equal(z * ReferenceBackend.NormalDistribution(z), y[i], 3e-7 * Math.Max(1, Math.Abs(z)));
        }
    }

    [Fact]
    public void The_oracle_of_the_normal_distribution_is_right()
    {
        // Tables of the normal distribution.
        Assert.Equal(0.5, ReferenceBackend.NormalDistribution(0), 1e-15);
        Assert.Equal(0.841344746068543, ReferenceBackend.NormalDistribution(1), 1e-14);
        Assert.Equal(0.0227501319481792, ReferenceBackend.NormalDistribution(-2), 1e-14);
        Assert.Equal(9.86587645037698e-10, ReferenceBackend.NormalDistribution(-6), 1e-21);
        Assert.Equal(1, ReferenceBackend.NormalDistribution(9), 1e-15);
    }

    [Theory, MemberData(nameof(Widths))]
    public void Every_width_of_register_gives_the_bits_of_the_scalar(int width)
    {
        float[] x = Numbers.Random(width, 5, 4), w = Numbers.Random(width, 6), b = Numbers.Random(width, 7);
        Assert.Equal(Norm<Lanes1>(x, w, b), Norm<Lanes128>(x, w, b));
        Assert.Equal(Norm<Lanes1>(x, w, b), Norm<Lanes256>(x, w, b));
        Assert.Equal(Norm<Lanes1>(x, w, b), Norm<Lanes512>(x, w, b));
        foreach (bool activate in (bool[])[true, false])
        {
            Assert.Equal(Gelu<Lanes1>(x, b, activate), Gelu<Lanes128>(x, b, activate));
            Assert.Equal(Gelu<Lanes1>(x, b, activate), Gelu<Lanes256>(x, b, activate));
            Assert.Equal(Gelu<Lanes1>(x, b, activate), Gelu<Lanes512>(x, b, activate));
        }
    }

    [Theory, MemberData(nameof(Windows))]
    public void Attention_agrees_with_the_reference_and_at_every_width(int headDim, int count)
    {
        const int Heads = 2, MaxLength = 101;
        int width = Heads * headDim, columns = DisentangledSpec.DistanceColumns(MaxLength), rows = count + 3;
        using ReferenceBackend reference = new();
        using Activations q = reference.Fill(rows, width, Numbers.Random(rows * width, 1)), k = reference.Fill(rows, width, Numbers.Random(rows * width, 2));
        using Activations v = reference.Fill(rows, width, Numbers.Random(rows * width, 3));
        using Activations relK = reference.Fill(width, columns, Numbers.Random(width * columns, 4)), relQ = reference.Fill(width, columns, Numbers.Random(width * columns, 5));
        using Activations expected = reference.Allocate(rows, width), first = reference.Allocate(2, width);
        RowWindow[] windows = [new(0, 3), new(3, count)];
        DisentangledSpec spec = new(Heads, headDim, 1 / MathF.Sqrt(3 * headDim), MaxLength);
        reference.DisentangledAttention(q, k, v, relK, relQ, windows, spec, expected);
        float[] exact = reference.ReadAll(expected, rows);

        DisentangledCall call = new((HostActivations)q, (HostActivations)k, (HostActivations)v, (HostActivations)relK, (HostActivations)relQ, (HostActivations)expected, spec);
        float[] scalar = Attend<Lanes1>(call, windows);
        for (int i = 0; i < exact.Length; i++)
        {
            // A score sums 3 headDim products of at most 1 and is scaled by 1/sqrt(3 headDim); its error enters the
            // exponent, and the outputs are means of values below 1.
            Assert.Equal(exact[i], scalar[i], Numbers.Eps * (8 + (4 * headDim)));
        }

        Assert.Equal(Numbers.Bits(scalar), Numbers.Bits(Attend<Lanes128>(call, windows)));
        Assert.Equal(Numbers.Bits(scalar), Numbers.Bits(Attend<Lanes256>(call, windows)));
        Assert.Equal(Numbers.Bits(scalar), Numbers.Bits(Attend<Lanes512>(call, windows)));

        foreach (string name in Backends.Names.Skip(1))
        {
            using IEncoderBackend backend = (IEncoderBackend)Backends.Create(name);
            using Activations y = backend.Allocate(rows, width);
            backend.DisentangledAttention(q, k, v, relK, relQ, windows, spec, y);
            Assert.Equal(Numbers.Bits(scalar), Numbers.Bits(backend.ReadAll(y, rows)));

            using Activations firstRows = backend.Allocate(2, width);
            backend.Gather(q, [0, 3], first);
            backend.DisentangledAttention(first, k, v, relK, relQ, windows, spec with { FirstRowOnly = true }, firstRows);
            Assert.Equal(Numbers.Bits(backend.Read(y, 3)), Numbers.Bits(backend.Read(firstRows, 1)));
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Wrong_shapes_are_refused(string name)
    {
        using IEncoderBackend backend = (IEncoderBackend)Backends.Create(name);
        using Activations x = backend.Allocate(4, 8), narrow = backend.Allocate(4, 7), rel = backend.Allocate(8, DisentangledSpec.DistanceColumns(4)), y = backend.Allocate(4, 8);
        float value = 0;
        Tensor seven = Vector(&value, 1);
        DisentangledSpec spec = new(2, 4, 1, 4);

        Assert.Throws<ArgumentException>(() => backend.LayerNorm(x, seven, seven, Eps, x, 1));
        Assert.Throws<ArgumentException>(() => backend.AddBias(x, seven, 1));
        Assert.Throws<ArgumentException>(() => backend.BiasGelu(x, seven, 1));
        Assert.Throws<ArgumentException>(() => backend.SpreadDistances(x, [0, 1], y));
        Assert.Throws<ArgumentException>(() => backend.DisentangledAttention(narrow, x, x, rel, rel, [new(0, 4)], spec, y));
        Assert.Throws<ArgumentException>(() => backend.DisentangledAttention(x, x, x, rel, rel, [new(0, 5)], spec, y));
        Assert.Throws<ArgumentException>(() => backend.DisentangledAttention(x, x, x, rel, rel, [new(3, 2)], spec, y));
        Assert.Throws<ArgumentException>(() => backend.DisentangledAttention(x, x, x, x, rel, [new(0, 4)], spec, y));
        Assert.Throws<ArgumentException>(() => backend.DisentangledAttention(x, x, x, rel, rel, [new(0, 4)], spec, x));
    }

    private static Tensor Vector(float* data, int length) => new("vector", ElementType.F32, [length], (byte*)data);

    private static float[] Attend<T>(in DisentangledCall call, RowWindow[] windows)
        where T : struct, ILanes<T>
    {
        int rows = windows[^1].First + windows[^1].Count, width = call.Y.Width;
        using HostActivations y = new(rows, width);
        float[] scratch = new float[DisentangledKernel.ScratchFloats(call.Spec.MaxLength, call.Spec.HeadDim)];
        fixed (float* s = scratch)
        {
            for (int w = 0; w < windows.Length; w++)
            {
                for (int head = 0; head < call.Spec.NHeads; head++) DisentangledKernel.Run<T>(call with { Y = y }, windows[w], w, head, s);
            }
        }

        float[] all = new float[rows * width];
        for (int r = 0; r < rows; r++) y.Row(r).CopyTo(all.AsSpan(r * width));
        return all;
    }

    private static int[] Norm<T>(float[] x, float[] w, float[] b)
        where T : struct, ILanes<T>
    {
        float[] y = new float[x.Length];
        fixed (float* source = x, weight = w, bias = b, target = y) LayerNorm.Run<T>(source, weight, bias, target, x.Length, Eps);
        return Numbers.Bits(y);
    }

    private static int[] Gelu<T>(float[] x, float[] b, bool activate)
        where T : struct, ILanes<T>
    {
        float[] y = [.. x];
        fixed (float* values = y, bias = b) BiasGelu.Run<T>(values, bias, x.Length, activate);
        return Numbers.Bits(y);
    }
}
