namespace Puna.Compute;

/// <summary><see cref="IEncoderBackend.SpreadDistances"/> in main memory: done once when a model is loaded.</summary>
internal static class HostRelativeTable
{
    /// <summary>y[c, d] = table[rowOf[d], c].</summary>
    internal static void Spread(HostActivations table, ReadOnlySpan<int> rowOf, HostActivations y)
    {
        if (y.Width != rowOf.Length) KernelThrow.Shape(nameof(IEncoderBackend.SpreadDistances), "the output width", y.Width, rowOf.Length);
        for (int d = 0; d < rowOf.Length; d++)
        {
            ReadOnlySpan<float> row = table.Row(rowOf[d]);
            for (int c = 0; c < row.Length; c++) y.Row(c)[d] = row[c];
        }
    }
}
