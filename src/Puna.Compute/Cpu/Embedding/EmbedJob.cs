using System.Runtime.InteropServices;
using Puna.Compute.Cpu.Activation;
using Puna.Compute.Cpu.Threading;
using Puna.Tensors;
using Puna.Tensors.Quantization;

namespace Puna.Compute.Cpu.Embedding;

/// <summary>Decodes the table rows of a batch's tokens, times the row's scale where the table has scales.</summary>
internal readonly struct EmbedJob(Tensor table, Batch batch, HostActivations y) : IParallelJob
{
    /// <inheritdoc/>
    public void Run(int worker, int workers)
    {
        (int first, int end) = WorkerTeam.Share(batch.Rows, 1, worker, workers);
        for (int r = first; r < end; r++)
        {
            int token = batch.Tokens[r];
            Span<float> row = y.Row(r);
            Dequantizer.Dequantize(table.Type, table.Row(token), row);
            if (table.RowScales is not { } scales) continue;

            float scale = Scale(scales, token);
            Scaling.Run(row, scale);
        }
    }

    private static unsafe float Scale(Tensor scales, int row)
    {
        float scale = 0;
        long bytes = scales.Type.ByteSize(1);
        Dequantizer.Dequantize(scales.Type, new ReadOnlySpan<byte>(scales.Data + (row * bytes), (int)bytes), MemoryMarshal.CreateSpan(ref scale, 1));
        return scale;
    }
}
