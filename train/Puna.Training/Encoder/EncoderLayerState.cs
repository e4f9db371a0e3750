using Puna.Training.Numerics;

namespace Puna.Training.Encoder;

/// <summary>What the way back needs of a layer norm: normalised rows and reciprocal deviations.</summary>
internal sealed class NormState(int rows, int width) : IDisposable
{
    public FloatBuffer Normal { get; } = new((long)rows * width);

    public FloatBuffer Reciprocals { get; } = new(rows);

    public void Dispose()
    {
        Normal.Dispose();
        Reciprocals.Dispose();
    }
}

/// <summary>What the way back needs of a layer.</summary>
internal sealed class EncoderLayerState(EncoderShape shape, int rows) : IDisposable
{
    public FloatBuffer Q { get; } = new((long)rows * shape.Hidden);

    public FloatBuffer K { get; } = new((long)rows * shape.Hidden);

    public FloatBuffer V { get; } = new((long)rows * shape.Hidden);

    /// <summary>Queries and keys of the relative table.</summary>
    public FloatBuffer RelativeQ { get; } = new(2L * shape.Buckets * shape.Hidden);

    public FloatBuffer RelativeK { get; } = new(2L * shape.Buckets * shape.Hidden);

    /// <summary>Of each window, [heads][n][n].</summary>
    public FloatBuffer Probabilities { get; } = new((long)rows * shape.Positions * shape.Heads);

    public FloatBuffer Heads { get; } = new((long)rows * shape.Hidden);

    public NormState AttentionNorm { get; } = new(rows, shape.Hidden);

    /// <summary>Rows between attention and feed-forward.</summary>
    public FloatBuffer Middle { get; } = new((long)rows * shape.Hidden);

    public FloatBuffer Up { get; } = new((long)rows * shape.Intermediate);

    public FloatBuffer Active { get; } = new((long)rows * shape.Intermediate);

    public NormState OutputNorm { get; } = new(rows, shape.Hidden);

    public FloatBuffer Output { get; } = new((long)rows * shape.Hidden);

    public void Dispose()
    {
        foreach (IDisposable part in (IDisposable[])[Q, K, V, RelativeQ, RelativeK, Probabilities, Heads, AttentionNorm, Middle, Up, Active, OutputNorm, Output]) part.Dispose();
    }
}
