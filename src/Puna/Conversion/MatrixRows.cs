using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Conversion;

/// <summary>
/// Output rows of one matrix, or of equal matrices stacked (experts), brought into GGUF's order: matrices stored [in, out]
/// are transposed, FP8 rows multiplied by their scales, rows permuted if asked for.
/// </summary>
/// <param name="matrices">Matrices of equal shape and type.</param>
/// <param name="sourceRow">For a row of the output, the row of the source matrix; null for the same.</param>
internal sealed unsafe class MatrixRows(IReadOnlyList<Tensor> matrices, Func<int, int>? sourceRow = null) : WeightRows
{
    /// <summary>Outputs gathered at once from a transposed matrix.</summary>
    private const int MaxSegment = 512;

    private readonly int _rows = matrices[0].M;

    internal override ElementType StoredType => matrices[0].Type;

    internal override int RowLength { get; } = matrices[0].K;

    internal override long Count => (long)_rows * matrices.Count;

    internal override void Decode(long first, Span<float> values)
    {
        while (!values.IsEmpty)
        {
            Tensor matrix = matrices[(int)(first / _rows)];
            int row = (int)(first % _rows), count = Math.Min(values.Length / RowLength, _rows - row);
            Span<float> part = values[..(count * RowLength)];
            if (matrix.Layout == MatrixLayout.OutIn) DecodeRows(matrix, row, part);
            else DecodeColumns(matrix, row, count, part);

            values = values[part.Length..];
            first += count;
        }
    }

    private void DecodeRows(Tensor matrix, int row, Span<float> values)
    {
        for (int i = 0; i * RowLength < values.Length; i++)
        {
            int source = sourceRow?.Invoke(row + i) ?? (row + i);
            Span<float> target = values.Slice(i * RowLength, RowLength);
            Dequantizer.Dequantize(matrix.Type, matrix.Row(source), target);
            if (matrix.RowScales is { } scales) Scale(target, Scales(scales, source, 1)[0]);
        }
    }

    /// <summary>Reads short stretches of the stored rows, one per input, and lays them down as columns.</summary>
    private void DecodeColumns(Tensor matrix, int row, int count, Span<float> values)
    {
        Span<float> segment = stackalloc float[MaxSegment];
        for (int done = 0; done < count; done += MaxSegment)
        {
            int width = Math.Min(MaxSegment, count - done), start = row + done;
            for (int k = 0; k < RowLength; k++)
            {
                ReadOnlySpan<byte> stored = new(matrix.RowPointer(k) + matrix.Type.ByteSize(start), (int)matrix.Type.ByteSize(width));
                Dequantizer.Dequantize(matrix.Type, stored, segment[..width]);
                for (int i = 0; i < width; i++) values[((done + i) * RowLength) + k] = segment[i];
            }

            if (matrix.RowScales is not { } scales) continue;
            float[] factors = Scales(scales, start, width);
            for (int i = 0; i < width; i++) Scale(values.Slice((done + i) * RowLength, RowLength), factors[i]);
        }
    }

    private static float[] Scales(Tensor scales, int first, int count)
    {
        float[] values = new float[count];
        byte* stored = scales.Data + scales.Type.ByteSize(first);
        Dequantizer.Dequantize(scales.Type, new ReadOnlySpan<byte>(stored, (int)scales.Type.ByteSize(count)), values);
        return values;
    }

    private static void Scale(Span<float> values, float factor)
    {
        for (int i = 0; i < values.Length; i++) values[i] *= factor;
    }
}
