using Puna.Tensors.Storage;

namespace Puna.Compute.Cpu.Attention;

/// <summary>Memory of one worker for a block of queries of one key/value head: running sums, weights and one tile in float32.</summary>
internal sealed unsafe class AttentionScratch : IDisposable
{
    private NativeStorage? _storage;
    private int _maxQueries, _headDim, _pageTokens;

    /// <summary>Keys of a tile, rounded up to whole vectors of any width.</summary>
    public int NKeys { get; private set; }

    /// <summary>Components of a sum or value, rounded up likewise.</summary>
    public int Width { get; private set; }

    /// <summary>[queries][headDim] copies of the queries, side by side.</summary>
    public float* Queries { get; private set; }

    /// <summary>[queries] largest score so far.</summary>
    public float* Maxima { get; private set; }

    /// <summary>[queries] factor of the sums so far, exp(old maximum - new maximum).</summary>
    public float* Factors { get; private set; }

    /// <summary>[queries][16] partial sums of the weights.</summary>
    public float* Totals { get; private set; }

    /// <summary>[queries][<see cref="NKeys"/>] scores of the tile, then weights.</summary>
    public float* Scores { get; private set; }

    /// <summary>[queries][<see cref="Width"/>] weighted sums of values.</summary>
    public float* Sums { get; private set; }

    /// <summary>[headDim][<see cref="NKeys"/>] keys of the tile, component-major.</summary>
    public float* Keys { get; private set; }

    /// <summary>[pageTokens][<see cref="Width"/>] values of the tile.</summary>
    public float* Values { get; private set; }

    /// <summary>Scales of the tile's keys, if its type has any: [headDim / 32][pageTokens].</summary>
    public float* KeyScales { get; private set; }

    /// <summary>Scales of the tile's values: [pageTokens][headDim / 32].</summary>
    public float* ValueScales { get; private set; }

    /// <summary>Makes room; allocates only when the sizes have changed.</summary>
    public void Ensure(int maxQueries, int headDim, int pageTokens)
    {
        if (maxQueries <= _maxQueries && headDim == _headDim && pageTokens == _pageTokens) return;

        (_maxQueries, _headDim, _pageTokens) = (Math.Max(maxQueries, _maxQueries), headDim, pageTokens);
        NKeys = (pageTokens + 15) & ~15;
        Width = (headDim + 15) & ~15;
        long queries = (_maxQueries + 15L) & ~15L;

        _storage?.Dispose();
        long scales = (((long)headDim / 32 * pageTokens) + 15) & ~15L;
        long floats = (queries * (headDim + 1 + 1 + 16 + NKeys + Width)) + ((long)headDim * NKeys) + ((long)pageTokens * Width) + (2 * scales) + 16;
        _storage = NativeStorage.Allocate(floats * sizeof(float));

        float* next = (float*)_storage.Pointer;
        Queries = Take(queries * headDim);
        Maxima = Take(queries);
        Factors = Take(queries);
        Totals = Take(queries * 16);
        Scores = Take(queries * NKeys);
        Sums = Take(queries * Width);
        Keys = Take((long)headDim * NKeys);
        Values = Take((long)pageTokens * Width);
        KeyScales = Take(scales);
        ValueScales = Take(scales);

        float* Take(long count)
        {
            float* taken = next;
            next += count;
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _storage?.Dispose();
}
