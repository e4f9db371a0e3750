namespace Puna.Engine.Scheduling;

/// <summary>
/// Mean of a text's final hidden states. Rows are added in the order of their positions, so that the bits do not depend on
/// how the text was cut into steps.
/// </summary>
internal sealed class HiddenPool(int hiddenSize)
{
    private readonly float[] _sum = new float[hiddenSize];
    private int _count;

    internal void Add(ReadOnlySpan<float> hidden)
    {
        for (int i = 0; i < _sum.Length; i++) _sum[i] += hidden[i];
        _count++;
    }

    /// <summary>Begins anew: the text is computed again.</summary>
    internal void Clear()
    {
        Array.Clear(_sum);
        _count = 0;
    }

    internal float[] Mean()
    {
        float[] mean = [.. _sum];
        for (int i = 0; i < mean.Length; i++) mean[i] /= _count;
        return mean;
    }
}
