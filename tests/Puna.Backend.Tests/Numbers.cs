using Puna.Compute;

namespace Puna.Backend.Tests;

/// <summary>Numbers for tests: random with a fixed seed, bits for comparing.</summary>
internal static class Numbers
{
    /// <summary>Half a unit in the last place of 1, in float32.</summary>
    public const double Eps = 1.0 / (1 << 24);

    /// <summary>Uniform in [-scale, scale).</summary>
    public static float[] Random(int count, int seed, float scale = 1)
    {
        Random random = new(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) x[i] = ((random.NextSingle() * 2) - 1) * scale;
        return x;
    }

    /// <summary>Copies rows of <paramref name="values"/> into new activations.</summary>
    public static Activations Fill(this IBackend backend, int rows, int width, ReadOnlySpan<float> values)
    {
        HostActivations x = (HostActivations)backend.Allocate(rows, width);
        for (int r = 0; r < rows; r++) values.Slice(r * width, width).CopyTo(x.Row(r));
        return x;
    }

    /// <summary>All rows, one after the other.</summary>
    public static float[] ReadAll(this IBackend backend, Activations x, int rows)
    {
        List<float> all = [];
        for (int r = 0; r < rows; r++) all.AddRange(backend.Read(x, r));
        return [.. all];
    }

    /// <summary>The bits of each number, which compare as equal only when nothing at all differs.</summary>
    public static int[] Bits(ReadOnlySpan<float> x)
    {
        int[] bits = new int[x.Length];
        for (int i = 0; i < x.Length; i++) bits[i] = BitConverter.SingleToInt32Bits(x[i]);
        return bits;
    }
}
