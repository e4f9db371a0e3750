namespace Puna.Compute;

/// <summary>
/// A float32 matrix [rows, width] in a backend's own memory, one row per token. Created by
/// <see cref="IBackend.Allocate"/>; only that backend may use it. Contents are undefined until written.
/// </summary>
public abstract class Activations : IDisposable
{
    /// <summary>Sets the shape.</summary>
    protected Activations(int maxRows, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        MaxRows = maxRows;
        Width = width;
    }

    /// <summary>Rows there is room for.</summary>
    public int MaxRows { get; }

    /// <summary>Floats in a row.</summary>
    public int Width { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the backend's memory.</summary>
    protected abstract void Dispose(bool disposing);
}
