using Puna.Tensors.Storage;

namespace Puna.Compute;

/// <summary>Activations in main memory, rows aligned to 64 bytes. Used by the reference and the CPU backend.</summary>
internal sealed unsafe class HostActivations : Activations
{
    private readonly NativeStorage _storage;

    /// <summary>Allocates [maxRows, width] floats.</summary>
    public HostActivations(int maxRows, int width)
        : base(maxRows, width)
    {
        Stride = (width + 15) & ~15;
        _storage = NativeStorage.Allocate((long)maxRows * Stride * sizeof(float));
    }

    /// <summary>Floats from one row to the next; at least <see cref="Activations.Width"/>, a multiple of 16.</summary>
    public int Stride { get; }

    /// <summary>First float.</summary>
    public float* Pointer => (float*)_storage.Pointer;

    /// <summary>Row <paramref name="row"/>, <see cref="Activations.Width"/> floats.</summary>
    public Span<float> Row(int row)
    {
        if ((uint)row >= (uint)MaxRows) throw new ArgumentOutOfRangeException(nameof(row), row, $"There are {MaxRows} rows.");
        return new Span<float>(Pointer + ((long)row * Stride), Width);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _storage.Dispose();
    }
}
