namespace Puna.Compute.Cpu.MatMul;

/// <summary>Operands of y = x Wᵀ, resolved to addresses. Read-only while kernels run.</summary>
internal unsafe struct MatrixProduct
{
    /// <summary>First byte of W, in file layout.</summary>
    public byte* Weight;

    /// <summary>Bytes from one stored row to the next.</summary>
    public long RowStride;

    /// <summary>Input width.</summary>
    public int K;

    /// <summary>Output width.</summary>
    public int M;

    /// <summary>A factor for each output, or null.</summary>
    public float* RowScales;

    /// <summary>Tokens. Kernels choose between few-token and many-token code by this, not by the size of a region.</summary>
    public int Rows;

    /// <summary>Float32 activations, [rows, K].</summary>
    public float* X;

    /// <summary>Floats from one row of x to the next.</summary>
    public int XStride;

    /// <summary>The same activations in 8 bits; set for the forms that ask for it.</summary>
    public QuantizedRows Quantized;

    /// <summary>Outputs, [rows, M].</summary>
    public float* Y;

    /// <summary>Floats from one row of y to the next.</summary>
    public int YStride;

    /// <summary>Add to y instead of replacing it.</summary>
    public bool Accumulate;

    /// <summary>Stores one finished sum: the row's factor, then at most one addition.</summary>
    public readonly void Store(int token, int output, float sum)
    {
        if (RowScales is not null) sum *= RowScales[output];
        float* y = Y + ((long)token * YStride) + output;
        *y = Accumulate ? *y + sum : sum;
    }

    /// <summary>Stores the finished sums of neighbouring outputs of one token.</summary>
    public readonly void Store(int token, int firstOutput, float* sums, int count)
    {
        for (int i = 0; i < count; i++) Store(token, firstOutput + i, sums[i]);
    }
}
