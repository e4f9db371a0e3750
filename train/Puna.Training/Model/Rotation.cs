namespace Puna.Training.Model;

/// <summary>Rotary position encoding of adjacent pairs, and the weightless norm of q and k that follows it.</summary>
internal sealed unsafe class Rotation
{
    private readonly int _headDim;
    private readonly double[] _frequencies;
    private float[] _cos = [];
    private float[] _sin = [];

    public Rotation(ModelShape shape)
    {
        _headDim = shape.HeadDim;
        _frequencies = [.. Enumerable.Range(0, _headDim / 2).Select(m => Math.Pow(shape.RopeTheta, -2.0 * m / _headDim))];
    }

    /// <summary>Prepares angles of positions below <paramref name="positions"/>.</summary>
    public void Cover(int positions)
    {
        int half = _headDim / 2;
        if (_cos.Length >= positions * half) return;

        _cos = new float[positions * half];
        _sin = new float[positions * half];
        for (int p = 0; p < positions; p++)
        {
            for (int m = 0; m < half; m++)
            {
                (double sin, double cos) = Math.SinCos(p * _frequencies[m]);
                _cos[p * half + m] = (float)cos;
                _sin[p * half + m] = (float)sin;
            }
        }
    }

    /// <summary>Rotates neighbouring heads of one token by its position; backwards with <paramref name="sign"/> -1.</summary>
    public void Rotate(float* heads, int count, int position, float sign)
    {
        int half = _headDim / 2;
        fixed (float* cos = &_cos[position * half])
        fixed (float* sin = &_sin[position * half])
        {
            for (int h = 0; h < count; h++, heads += _headDim)
            {
                for (int m = 0; m < half; m++)
                {
                    float a = heads[2 * m], b = heads[2 * m + 1], s = sign * sin[m];
                    heads[2 * m] = a * cos[m] - b * s;
                    heads[2 * m + 1] = a * s + b * cos[m];
                }
            }
        }
    }

    /// <summary>Gives each head a mean square of 1; keeps the reciprocal roots.</summary>
    public void Normalize(float* heads, int count, float epsilon, float* reciprocals)
    {
        for (int h = 0; h < count; h++, heads += _headDim)
        {
            float r = 1 / MathF.Sqrt(Kernels.Dot(heads, heads, _headDim) / _headDim + epsilon);
            reciprocals[h] = r;
            Kernels.Scaled(heads, heads, r, _headDim);
        }
    }

    /// <summary>Turns the gradient of normalized heads into that of the heads before.</summary>
    public void NormalizeBackward(float* normalized, float* gradient, int count, float* reciprocals)
    {
        for (int h = 0; h < count; h++, normalized += _headDim, gradient += _headDim)
        {
            float mean = Kernels.Dot(normalized, gradient, _headDim) / _headDim;
            Kernels.AddScaled(gradient, normalized, -mean, _headDim);
            Kernels.Scaled(gradient, gradient, reciprocals[h], _headDim);
        }
    }
}
