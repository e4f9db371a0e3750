namespace Puna.Compute.Cpu.MatMul;

/// <summary>
/// How a product is cut into slices that workers claim one by one, so that a worker slowed down by another process does
/// not hold up the rest. Slices never cut K, and units are the kernel's own, so the cut changes no bit.
/// </summary>
internal readonly struct ProductSlices
{
    /// <summary>Weights of a slice: long enough a run for the prefetcher, short enough to share out evenly.</summary>
    private const long SliceBytes = 256 * 1024;

    /// <summary>At least this many slices a worker, where the product has so many units.</summary>
    private const int SlicesPerWorker = 4;

    private readonly int _m, _rows, _outputs, _tokens, _outputSlices;

    internal ProductSlices(in MatrixProduct product, MatrixKernel kernel, long weightBytes, int workers)
    {
        (_m, _rows) = (product.M, product.Rows);
        int unit = kernel.OutputUnit(product.K, product.Rows);
        int units = ((_m - 1) / unit) + 1;
        long bySize = SliceBytes / Math.Max(1, weightBytes / units);
        long byCount = units / (workers * SlicesPerWorker);
        _outputs = unit * (int)Math.Max(1, Math.Min(bySize, byCount));
        _outputSlices = ((_m - 1) / _outputs) + 1;

        // Few outputs and many tokens (a router): tokens are cut as well.
        int tokenUnits = ((_rows - 1) / kernel.TokenUnit) + 1;
        int tokenParts = workers == 1 ? 1 : Math.Clamp(2 * workers / _outputSlices, 1, tokenUnits);
        _tokens = ((tokenUnits - 1) / tokenParts + 1) * kernel.TokenUnit;
        Count = _outputSlices * (((_rows - 1) / _tokens) + 1);
    }

    /// <summary>Slices.</summary>
    internal int Count { get; }

    /// <summary>Slice <paramref name="index"/>.</summary>
    internal MatrixRegion this[int index]
    {
        get
        {
            int output = index % _outputSlices * _outputs, token = index / _outputSlices * _tokens;
            return new MatrixRegion(output, Math.Min(output + _outputs, _m), token, Math.Min(token + _tokens, _rows));
        }
    }
}
