using Puna.Compute;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Cpu.Norm;
using Puna.Tensors;

namespace Puna.Backend.Tests.Ops;

public sealed unsafe class RmsNormTests
{
    private const float Eps = 1e-5f;

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            TheoryData<string, int, int> cases = [];
            foreach (string backend in Backends.Names)
            {
                foreach (int width in (int[])[1, 5, 8, 17, 128, 5120]) cases.Add(backend, 7, width);
            }

            return cases;
        }
    }

    public static TheoryData<int> Widths => [1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 640];

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_the_formula(string name, int rows, int width)
    {
        using IBackend backend = Backends.Create(name);
        float[] x = Numbers.Random(rows * width, 1, 3), w = Numbers.Random(width, 2);
        using Activations input = backend.Fill(rows, width, x), output = backend.Allocate(rows, width);
        fixed (float* weight = w)
            backend.RmsNorm(input, new Tensor("norm", ElementType.F32, [width], (byte*)weight), Eps, output, rows);

        float[] y = backend.ReadAll(output, rows);
        for (int r = 0; r < rows; r++)
        {
            double square = 0;
            for (int i = 0; i < width; i++) square += (double)x[(r * width) + i] * x[(r * width) + i];
            for (int i = 0; i < width; i++)
            {
                double exact = w[i] * x[(r * width) + i] / Math.Sqrt((square / width) + Eps);
                Assert.Equal(exact, y[(r * width) + i], (Math.Abs(exact) * 4 * Numbers.Eps) + 1e-44); // factor, two products: 3 roundings
            }
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void May_write_over_its_input(string name)
    {
        using IBackend backend = Backends.Create(name);
        float[] x = Numbers.Random(3 * 40, 1), w = Numbers.Random(40, 2);
        using Activations input = backend.Fill(3, 40, x), output = backend.Allocate(3, 40);
        fixed (float* weight = w)
        {
            Tensor tensor = new("norm", ElementType.F32, [40], (byte*)weight);
            backend.RmsNorm(input, tensor, Eps, output, 3);
            backend.RmsNorm(input, tensor, Eps, input, 3);
        }

        Assert.Equal(Numbers.Bits(backend.ReadAll(output, 3)), Numbers.Bits(backend.ReadAll(input, 3)));
    }

    [Theory, MemberData(nameof(Widths))]
    public void Every_width_of_register_gives_the_bits_of_the_scalar(int width)
    {
        float[] x = Numbers.Random(width, 5, 2), w = Numbers.Random(width, 6);
        fixed (float* source = x)
        {
            double expected = SumOfSquares.OfScalar(source, width);
            Assert.Equal(expected, SumOfSquares.Of128(source, width));
            Assert.Equal(expected, SumOfSquares.Of256(source, width));
            Assert.Equal(expected, SumOfSquares.Of512(source, width));
        }

        int[] scalar = Run<Lanes1>(x, w);
        Assert.Equal(scalar, Run<Lanes128>(x, w));
        Assert.Equal(scalar, Run<Lanes256>(x, w));
        Assert.Equal(scalar, Run<Lanes512>(x, w));
    }

    private static int[] Run<T>(float[] x, float[] w)
        where T : struct, ILanes<T>
    {
        float[] y = new float[x.Length];
        fixed (float* source = x, weight = w, target = y) RmsNorm.Run<T>(source, weight, target, x.Length, Eps);
        return Numbers.Bits(y);
    }
}
