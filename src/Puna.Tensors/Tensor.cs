namespace Puna.Tensors;

/// <summary>How the rows of a weight matrix lie in memory.</summary>
public enum MatrixLayout
{
    /// <summary>Row m holds the K weights of output m, contiguous: [out, in]. GGUF and ordinary linear layers.</summary>
    OutIn,

    /// <summary>Row k holds the weights of all outputs for input k: [in, out]. Hugging Face's fused Llama 4 experts.</summary>
    InOut,
}

/// <summary>
/// A named, typed view of weights in memory owned by someone else (usually a mapped model file). Immutable; safe to
/// share between threads; valid only while its owner lives.
/// </summary>
public sealed unsafe class Tensor
{
    /// <summary>A tensor over memory at <paramref name="data"/>.</summary>
    /// <param name="name">Name as in the file.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Sizes, innermost (contiguous) first, as GGUF writes them; at least one, all positive.</param>
    /// <param name="data">First byte; the caller vouches for <see cref="ByteLength"/> readable bytes.</param>
    /// <param name="layout">Meaning of the two innermost dimensions for a matrix.</param>
    /// <param name="rowStride">Bytes from one row to the next; 0 for contiguous rows.</param>
    /// <param name="rowScales">One float32 factor per output row (FP8 weights), or null.</param>
    public Tensor(string name, ElementType type, ReadOnlySpan<long> shape, byte* data,
        MatrixLayout layout = MatrixLayout.OutIn, long rowStride = 0, Tensor? rowScales = null)
    {
        if (shape.Length == 0) throw new ArgumentException($"{name}: a tensor needs at least one dimension.", nameof(shape));
        foreach (long size in shape)
        {
            if (size <= 0) throw new ArgumentException($"{name}: dimension {size} is not positive.", nameof(shape));
        }

        Name = name;
        Type = type;
        Shape = [.. shape];
        Data = data;
        Layout = layout;
        RowScales = rowScales;
        RowBytes = type.ByteSize(shape[0]);
        RowStride = rowStride == 0 ? RowBytes : rowStride;
        Elements = 1;
        foreach (long size in shape) Elements = checked(Elements * size);
    }

    /// <summary>Name as in the file, such as <c>blk.0.attn_q.weight</c>.</summary>
    public string Name { get; }

    /// <summary>How its numbers are stored.</summary>
    public ElementType Type { get; }

    /// <summary>Sizes, innermost first.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Which dimension of a matrix is the input.</summary>
    public MatrixLayout Layout { get; }

    /// <summary>One factor per output row, or null.</summary>
    public Tensor? RowScales { get; }

    /// <summary>First byte.</summary>
    public byte* Data { get; }

    /// <summary>All elements.</summary>
    public long Elements { get; }

    /// <summary>Bytes of one row of the innermost dimension.</summary>
    public long RowBytes { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public long RowStride { get; }

    /// <summary>Rows of the innermost dimension over all outer ones.</summary>
    public long Rows => Elements / Shape[0];

    /// <summary>Bytes from the first to the last byte used.</summary>
    public long ByteLength => ((Rows - 1) * RowStride) + RowBytes;

    /// <summary>K of y[M] = W[M,K] x[K]: input width.</summary>
    public int K => checked((int)(Layout == MatrixLayout.OutIn ? Shape[0] : Shape[1]));

    /// <summary>M of y[M] = W[M,K] x[K]: output width of one matrix.</summary>
    public int M => checked((int)(Layout == MatrixLayout.OutIn ? (Shape.Count > 1 ? Shape[1] : 1) : Shape[0]));

    /// <summary>First byte of row <paramref name="row"/>.</summary>
    public byte* RowPointer(long row)
    {
        if ((ulong)row >= (ulong)Rows) throw new ArgumentOutOfRangeException(nameof(row), row, $"{Name} has {Rows} rows.");
        return Data + (row * RowStride);
    }

    /// <summary>Bytes of row <paramref name="row"/>.</summary>
    public ReadOnlySpan<byte> Row(long row) => new(RowPointer(row), checked((int)RowBytes));

    /// <summary>The matrix at <paramref name="index"/> of a three-dimensional tensor, such as one expert.</summary>
    public Tensor Slab(int index)
    {
        if (Shape.Count != 3) throw new InvalidOperationException($"{Name} has {Shape.Count} dimensions; a slab needs 3.");
        if ((ulong)index >= (ulong)Shape[2]) throw new ArgumentOutOfRangeException(nameof(index), index, $"{Name} has {Shape[2]} matrices.");

        return new Tensor($"{Name}[{index}]", Type, [Shape[0], Shape[1]], Data + (index * Shape[1] * RowStride), Layout, RowStride, RowScales);
    }

    /// <summary>
    /// Rows [first, first + count) of the innermost-but-one dimension for <see cref="MatrixLayout.OutIn"/>, or the same
    /// range of outputs (columns) for <see cref="MatrixLayout.InOut"/>. Splits a fused gate and up matrix without a copy.
    /// </summary>
    public Tensor Outputs(int first, int count)
    {
        if (Shape.Count != 2) throw new InvalidOperationException($"{Name} has {Shape.Count} dimensions; a slice needs 2.");
        if (first < 0 || count <= 0 || first > M - count)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"{Name} has {M} outputs; [{first}, {(long)first + count}) is outside.");

        string name = $"{Name}[{first}..{first + count}]";
        Tensor? scales = RowScales is null
            ? null
            : new Tensor(RowScales.Name, RowScales.Type, [count], RowScales.Data + RowScales.Type.ByteSize(first));
        return Layout == MatrixLayout.OutIn
            ? new Tensor(name, Type, [Shape[0], count], Data + (first * RowStride), Layout, RowStride, scales)
            : new Tensor(name, Type, [count, Shape[1]], Data + Type.ByteSize(first), Layout, RowStride, scales);
    }
}
