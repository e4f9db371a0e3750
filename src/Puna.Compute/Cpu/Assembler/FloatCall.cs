namespace Puna.Compute.Cpu.Assembler;

/// <summary>Operands of a float kernel: a stretch of K of four weight rows and some tokens.</summary>
internal unsafe struct FloatCall
{
    /// <summary>The rows; one that is missing repeats another.</summary>
    public byte* W0, W1, W2, W3;

    /// <summary>Float32 activations of the first token.</summary>
    public float* X;

    /// <summary>Bytes from one token to the next.</summary>
    public long XStride;

    /// <summary>Whole groups of 16 of the stretch.</summary>
    public long Groups;

    /// <summary>A bit for each element after the whole groups, or 0.</summary>
    public long TailMask;

    /// <summary>The 16 lanes of every product, [tokens][4][16], kept between stretches.</summary>
    public float* Lanes;

    /// <summary>Not 0: lanes start at zero.</summary>
    public long IsFirst;

    /// <summary>Not 0: lanes are added up and stored.</summary>
    public long IsLast;

    /// <summary>Receives four sums of each token.</summary>
    public float* Y;

    /// <summary>Bytes from one token of <see cref="Y"/> to the next.</summary>
    public long YStride;

    /// <summary>Not 0: sums are added to what is there.</summary>
    public long Accumulate;

    /// <summary>Weights to be fetched ahead by kernels for few tokens; any readable address will do.</summary>
    public byte* Ahead;
}
