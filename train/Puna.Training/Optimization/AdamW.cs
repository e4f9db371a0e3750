using System.Runtime.Intrinsics;
using Puna.Training.Model;
using Puna.Training.Numerics;

namespace Puna.Training.Optimization;

/// <summary>Adam with decoupled weight decay.</summary>
/// <param name="length">Number of parameters.</param>
public sealed unsafe class AdamW(long length) : IDisposable
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.95f;
    private const float Epsilon = 1e-8f;

    /// <summary>Running means of the gradient.</summary>
    public FloatBuffer Mean { get; } = new(length);

    /// <summary>Running means of its square.</summary>
    public FloatBuffer Square { get; } = new(length);

    /// <summary>Updates the weights of one slot.</summary>
    /// <param name="slot">Which.</param>
    /// <param name="weights">All weights.</param>
    /// <param name="gradients">All gradients.</param>
    /// <param name="gradientScale">Factor that clips the gradient.</param>
    /// <param name="rate">Learning rate of this step.</param>
    /// <param name="decay">Weight decay.</param>
    /// <param name="step">Steps so far, this one included.</param>
    public void Update(ParameterSlot slot, FloatBuffer weights, FloatBuffer gradients, float gradientScale, float rate, float decay, long step)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(gradients);
        float correction1 = (float)(1 / (1 - Math.Pow(Beta1, step))), correction2 = (float)(1 / (1 - Math.Pow(Beta2, step)));
        float keep = slot.Decays ? 1 - rate * decay : 1;
        float* w = weights.Data + slot.Offset, g = gradients.Data + slot.Offset, m = Mean.Data + slot.Offset, v = Square.Data + slot.Offset;
        long i = 0;
        for (; i + 16 <= slot.Length; i += 16)
        {
            Vector512<float> gradient = Vector512.Load(g + i) * gradientScale;
            Vector512<float> mean = Vector512.Load(m + i) * Beta1 + gradient * (1 - Beta1);
            Vector512<float> square = Vector512.Load(v + i) * Beta2 + gradient * gradient * (1 - Beta2);
            Vector512.Store(mean, m + i);
            Vector512.Store(square, v + i);
            Vector512<float> change = mean * correction1 / (Vector512.Sqrt(square * correction2) + Vector512.Create(Epsilon));
            Vector512.Store(Vector512.Load(w + i) * keep - change * rate, w + i);
        }

        for (; i < slot.Length; i++)
        {
            float gradient = g[i] * gradientScale;
            m[i] = m[i] * Beta1 + gradient * (1 - Beta1);
            v[i] = v[i] * Beta2 + gradient * gradient * (1 - Beta2);
            w[i] = w[i] * keep - m[i] * correction1 / (MathF.Sqrt(v[i] * correction2) + Epsilon) * rate;
        }
    }

    public void Dispose()
    {
        Mean.Dispose();
        Square.Dispose();
    }
}
