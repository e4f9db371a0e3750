using Puna.Formats.Gguf;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Conversion;

/// <summary>
/// Decodes and encodes tensors in blocks of whole rows on several threads and writes the blocks in order, so that the
/// bytes are the same for any number of threads. Memory is a few megabytes per thread, whatever the tensors' size. While
/// a group of blocks is written, the next is computed.
/// </summary>
internal sealed class TensorConverter
{
    /// <summary>Elements of a block, or one row if that is longer.</summary>
    private const int BlockElements = 1 << 20;

    private readonly float[][] _values;
    private readonly byte[][][] _encoded; // two groups: one is computed while the other is written
    private readonly Exception?[] _failures;

    internal TensorConverter(int threads)
    {
        _values = [.. Enumerable.Range(0, threads).Select(_ => Array.Empty<float>())];
        _encoded = [[.. _values.Select(_ => Array.Empty<byte>())], [.. _values.Select(_ => Array.Empty<byte>())]];
        _failures = new Exception?[threads];
    }

    /// <summary>Writes all data of a tensor.</summary>
    /// <param name="tensor">What to write; it is the writer's next tensor.</param>
    /// <param name="writer">Receives the bytes.</param>
    /// <param name="written">Told after every group how many bytes it had.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <exception cref="ConversionException">A value has no form in the tensor's type.</exception>
    internal void Convert(PlannedTensor tensor, GgufWriter writer, Action<long> written, CancellationToken cancellation)
    {
        int blockRows = Math.Max(1, BlockElements / tensor.Rows.RowLength);
        long blocks = (tensor.Rows.Count + blockRows - 1) / blockRows;
        Task<long> writing = Task.FromResult(0L);
        try
        {
            for (long group = 0, turn = 0; group < blocks; group += _values.Length, turn ^= 1)
            {
                int count = (int)Math.Min(_values.Length, blocks - group);
                int[] lengths = new int[count];
                byte[][] encoded = _encoded[turn];
                long firstBlock = group;
                Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = _values.Length, CancellationToken = cancellation },
                    i => lengths[i] = TryEncode(tensor, (firstBlock + i) * blockRows, blockRows, i, encoded));
                if (_failures.FirstOrDefault(f => f is not null) is { } failure) throw failure; // the first in row order, on any number of threads

                written(writing.GetAwaiter().GetResult());
                writing = Task.Run(() => Write(writer, tensor.Name, encoded, lengths), CancellationToken.None);
            }

            written(writing.GetAwaiter().GetResult());
        }
        finally
        {
            // The writer must be idle before anybody disposes it; its own failure has been or will be thrown above.
            writing.ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private int TryEncode(PlannedTensor tensor, long firstRow, int blockRows, int slot, byte[][] encoded)
    {
        try
        {
            return Encode(tensor, firstRow, (int)Math.Min(blockRows, tensor.Rows.Count - firstRow), slot, ref encoded[slot]);
        }
        catch (QuantizationException error)
        {
            _failures[slot] = new ConversionException($"tensor {tensor.Name}, row {firstRow + (error.Index / tensor.Rows.RowLength)}: {error.Message}", error);
            return 0;
        }
    }

    private int Encode(PlannedTensor tensor, long firstRow, int rows, int slot, ref byte[] encoded)
    {
        WeightRows source = tensor.Rows;
        int elements = rows * source.RowLength, bytes = checked((int)tensor.Type.ByteSize(elements));
        if (encoded.Length < bytes) encoded = new byte[bytes];
        if (source.StoredType == tensor.Type && source.Stored(firstRow, rows) is { IsEmpty: false } stored)
        {
            stored.CopyTo(encoded);
            return bytes;
        }

        if (_values[slot].Length < elements) _values[slot] = new float[elements];
        Span<float> values = _values[slot].AsSpan(0, elements);
        source.Decode(firstRow, values);
        Quantizer.Quantize(tensor.Type, values, encoded.AsSpan(0, bytes));
        return bytes;
    }

    private static long Write(GgufWriter writer, string name, byte[][] encoded, int[] lengths)
    {
        for (int i = 0; i < lengths.Length; i++) writer.Write(name, encoded[i].AsSpan(0, lengths[i]));
        return lengths.Sum(n => (long)n);
    }
}
