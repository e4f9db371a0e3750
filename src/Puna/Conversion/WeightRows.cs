using Puna.Tensors;

namespace Puna.Conversion;

/// <summary>The rows of one output tensor, wherever and however the source keeps them. Safe from several threads.</summary>
internal abstract class WeightRows
{
    /// <summary>Type the source stores.</summary>
    internal abstract ElementType StoredType { get; }

    /// <summary>Elements of a row.</summary>
    internal abstract int RowLength { get; }

    /// <summary>Rows over all outer dimensions.</summary>
    internal abstract long Count { get; }

    /// <summary>Bytes of all rows in the source.</summary>
    internal long StoredBytes => StoredType.ByteSize(RowLength) * Count;

    /// <summary>Decodes whole rows from row <paramref name="first"/> on, as many as fit <paramref name="values"/>.</summary>
    internal abstract void Decode(long first, Span<float> values);

    /// <summary>The bytes of rows as they lie in the source, or empty where they do not lie there in this order.</summary>
    internal virtual ReadOnlySpan<byte> Stored(long first, int count) => [];
}
