using Puna.Compute.Cpu.Disentangled;

namespace Puna.Compute;

/// <summary>The operands of <see cref="IEncoderBackend.DisentangledAttention"/> for backends in main memory.</summary>
internal static class DisentangledCheck
{
    private const string Op = nameof(IEncoderBackend.DisentangledAttention);

    /// <summary>Checks shapes and windows.</summary>
    /// <exception cref="ArgumentException">One does not fit.</exception>
    internal static DisentangledCall Check(Activations q, Activations k, Activations v, Activations relK, Activations relQ,
        ReadOnlySpan<RowWindow> windows, in DisentangledSpec spec, Activations y)
    {
        int width = checked(spec.NHeads * spec.HeadDim), end = 0;
        foreach (RowWindow window in windows)
        {
            if (window.First < 0 || window.Count < 1 || window.Count > spec.MaxLength || window.First > int.MaxValue - window.Count)
                throw new ArgumentException($"{Op}: a window of {window.Count} rows from {window.First}; 1 to {spec.MaxLength} rows are possible.", nameof(windows));
            end = Math.Max(end, window.First + window.Count);
        }

        int queries = spec.FirstRowOnly ? windows.Length : end;
        DisentangledCall call = new(Host("q", q, queries, width), Host("k", k, end, width), Host("v", v, end, width),
            Host("relK", relK, width, null), Host("relQ", relQ, width, null), Host("the output", y, queries, width), spec);
        int columns = DisentangledSpec.DistanceColumns(spec.MaxLength);
        if (relK.Width < columns) KernelThrow.Shape(Op, "the width of relK", relK.Width, columns);
        if (relQ.Width < columns) KernelThrow.Shape(Op, "the width of relQ", relQ.Width, columns);
        if (ReferenceEquals(q, y) || ReferenceEquals(k, y) || ReferenceEquals(v, y) || ReferenceEquals(relK, y) || ReferenceEquals(relQ, y))
            throw new ArgumentException($"{Op}: the output must not be an input.", nameof(y));
        return call;
    }

    private static HostActivations Host(string what, Activations x, int rows, int? width)
    {
        if (x is not HostActivations host)
        {
            KernelThrow.ForeignActivations(Op, x.GetType());
            return null!;
        }

        if (rows > host.MaxRows) KernelThrow.Rows(Op, what, rows, host.MaxRows);
        if (width is { } expected && host.Width != expected) KernelThrow.Shape(Op, $"the width of {what}", host.Width, expected);
        return host;
    }
}
