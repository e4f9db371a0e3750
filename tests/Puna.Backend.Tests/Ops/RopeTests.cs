using Puna.Compute;
using Puna.Compute.Cpu.Lanes;
using Puna.Compute.Cpu.Rope;

namespace Puna.Backend.Tests.Ops;

public sealed unsafe class RopeTests
{
    private static readonly int[] Positions = [0, 1, 8191, 8192, 1_048_575, 10_000_000];

    public static TheoryData<string, RopePairing, int, int, bool> Cases
    {
        get
        {
            TheoryData<string, RopePairing, int, int, bool> cases = [];
            foreach (string backend in Backends.Names)
            {
                foreach (RopePairing pairing in Enum.GetValues<RopePairing>())
                {
                    foreach ((int headDim, int rotated) in ((int, int)[])[(128, 128), (64, 64), (48, 48), (80, 20), (6, 4), (5, 4), (160, 140)])
                    {
                        cases.Add(backend, pairing, headDim, rotated, true);
                        cases.Add(backend, pairing, headDim, rotated, false);
                    }
                }
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Angles_are_exact_to_float_at_ten_million(string name)
    {
        using IBackend backend = Backends.Create(name);
        RopeTable rope = new(RopeTable.BaseFrequencies(128, 500_000), RopePairing.Adjacent);
        using Activations angles = backend.Allocate(Positions.Length, 128);
        backend.FillRope(rope, BatchOf(Positions), angles);

        for (int r = 0; r < Positions.Length; r++)
        {
            for (int m = 0; m < 64; m++)
            {
                // The product of the position (24 bits) and a frequency is off by 2^-53 of at most 10^7: 1.2e-9 radians.
                decimal turns = Positions[r] * (decimal)rope.Frequencies[m] / 6.283185307179586476925286767m;
                double angle = (double)((turns - decimal.Floor(turns)) * 6.283185307179586476925286767m);
                Assert.Equal(Math.Cos(angle), backend.Read(angles, r)[2 * m], 6.1e-8);
                Assert.Equal(Math.Sin(angle), backend.Read(angles, r)[(2 * m) + 1], 6.1e-8);
            }
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Rotates_pairs_then_normalises_the_whole_head(string name, RopePairing pairing, int headDim, int rotated, bool norm)
    {
        const float Eps = 1e-5f;
        const int NHeads = 3;
        using IBackend backend = Backends.Create(name);
        RopeTable rope = new(RopeTable.BaseFrequencies(rotated, 10_000), pairing);
        int rows = Positions.Length;
        float[] x = Numbers.Random(rows * NHeads * headDim, 3), xk = Numbers.Random(rows * headDim, 4);
        using Activations angles = backend.Allocate(rows, rotated);
        using Activations q = backend.Fill(rows, NHeads * headDim, x), k = backend.Fill(rows, headDim, xk);
        backend.FillRope(rope, BatchOf(Positions), angles);
        backend.RopeQkNorm(q, k, rows, headDim, rope, angles, norm ? Eps : null);

        for (int r = 0; r < rows; r++)
        {
            for (int h = 0; h < NHeads + 1; h++)
            {
                ReadOnlySpan<float> before = h < NHeads ? x.AsSpan(((r * NHeads) + h) * headDim, headDim) : xk.AsSpan(r * headDim, headDim);
                ReadOnlySpan<float> actual = h < NHeads ? backend.Read(q, r).Slice(h * headDim, headDim) : backend.Read(k, r);
                double[] expected = Rotated(before, backend.Read(angles, r), pairing, rotated, norm ? Eps : null);
                double largest = expected.Max(Math.Abs);
                for (int i = 0; i < headDim; i++) Assert.Equal(expected[i], actual[i], largest * 6 * Numbers.Eps);
                for (int i = norm ? headDim : rotated; i < headDim; i++) Assert.Equal(before[i], actual[i]);
            }
        }
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(16), InlineData(24), InlineData(65)]
    public void Half_split_gives_the_bits_of_the_scalar_in_every_width(int pairs)
    {
        float[] x = Numbers.Random(2 * 2 * pairs, 7), angles = Numbers.Random(2 * pairs, 8);
        int[] scalar = Run<Lanes1>(x, angles, pairs);
        Assert.Equal(scalar, Run<Lanes128>(x, angles, pairs));
        Assert.Equal(scalar, Run<Lanes256>(x, angles, pairs));
        Assert.Equal(scalar, Run<Lanes512>(x, angles, pairs));
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(16), InlineData(24), InlineData(65)]
    public void Both_pairings_give_the_same_bits_for_the_same_pairs(int pairs)
    {
        float[] angles = Numbers.Random(2 * pairs, 8), halves = Numbers.Random(2 * pairs, 7), adjacent = new float[2 * pairs];
        for (int m = 0; m < pairs; m++) (adjacent[2 * m], adjacent[(2 * m) + 1]) = (halves[m], halves[m + pairs]);
        fixed (float* a = adjacent, h = halves, t = angles)
        {
            HeadRotation.RotateAdjacent(a, 1, 2 * pairs, t, pairs);
            HeadRotation.RotateHalfSplit<Lanes1>(h, 1, 2 * pairs, t, pairs);
        }

        Assert.Equal(Enumerable.Range(0, pairs).Select(m => (halves[m], halves[m + pairs])), Enumerable.Range(0, pairs).Select(m => (adjacent[2 * m], adjacent[(2 * m) + 1])));
    }

    [Theory, MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public void Queries_are_scaled_by_the_factor_of_their_position(string name)
    {
        using IBackend backend = Backends.Create(name);
        TemperatureTuning tuning = new(8192, 0.1);
        float[] x = Numbers.Random(Positions.Length * 37, 1);
        using Activations q = backend.Fill(Positions.Length, 37, x);
        backend.ScaleQueries(q, BatchOf(Positions), tuning);

        for (int r = 0; r < Positions.Length; r++)
        {
            for (int i = 0; i < 37; i++) Assert.Equal(x[(r * 37) + i] * tuning.Factor(Positions[r]), backend.Read(q, r)[i]);
        }
    }

    private static double[] Rotated(ReadOnlySpan<float> head, ReadOnlySpan<float> angles, RopePairing pairing, int rotated, float? eps)
    {
        double[] y = [.. head.ToArray().Select(v => (double)v)];
        for (int m = 0; m < rotated / 2; m++)
        {
            (int i, int j) = pairing == RopePairing.Adjacent ? (2 * m, (2 * m) + 1) : (m, m + (rotated / 2));
            (double a, double b, double cos, double sin) = (head[i], head[j], angles[2 * m], angles[(2 * m) + 1]);
            (y[i], y[j]) = ((a * cos) - (b * sin), (a * sin) + (b * cos));
        }

        if (eps is null) return y;
        double root = Math.Sqrt(y.Average(v => v * v) + eps.Value);
        return [.. y.Select(v => v / root)];
    }

    private static int[] Run<T>(float[] x, float[] angles, int pairs)
        where T : struct, ILanes<T>
    {
        float[] y = [.. x];
        fixed (float* heads = y, turns = angles) HeadRotation.RotateHalfSplit<T>(heads, 2, 2 * pairs, turns, pairs);
        return Numbers.Bits(y);
    }

    private static Batch BatchOf(ReadOnlySpan<int> positions)
    {
        Batch batch = new(positions.Length);
        foreach (int pos in positions) batch.Add(0, pos, 0, needsLogits: false);
        return batch;
    }
}
