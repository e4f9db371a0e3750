namespace Puna.Compute.Cpu.Attention;

/// <summary>Operands of <see cref="TileKernel"/>.</summary>
internal readonly unsafe struct TileProduct
{
    /// <summary>Factors, [queries][<see cref="XStride"/>].</summary>
    public float* X { get; init; }

    /// <summary>Floats from one row of factors to the next.</summary>
    public int XStride { get; init; }

    /// <summary>The matrix.</summary>
    public TilePart Part { get; init; }

    /// <summary>First row of the matrix that counts.</summary>
    public int FirstRow { get; init; }

    /// <summary>One more than the last row that counts.</summary>
    public int EndRow { get; init; }

    /// <summary>Results, [queries][columns of the part].</summary>
    public float* Y { get; init; }

    /// <summary>[queries] factors of what is in y, where it counts.</summary>
    public float* Factors { get; init; }

    /// <summary>Factor of every score.</summary>
    public float Scale { get; init; }

    /// <summary>What will be read next, of the size of the part: fetched meanwhile. Need not be there.</summary>
    public byte* Next { get; init; }
}

/// <summary>Which of the two products a kernel is compiled for.</summary>
internal interface ITileProductKind
{
    /// <summary>Sums start at zero and are scaled at the end; else at y times its factor.</summary>
    static abstract bool StartsAtZero { get; }
}

/// <summary>Scores of keys.</summary>
internal readonly struct ScoreProduct : ITileProductKind
{
    /// <inheritdoc/>
    public static bool StartsAtZero => true;
}

/// <summary>Weighted sums of values.</summary>
internal readonly struct SumProduct : ITileProductKind
{
    /// <inheritdoc/>
    public static bool StartsAtZero => false;
}
