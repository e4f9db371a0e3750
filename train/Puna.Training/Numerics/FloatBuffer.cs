using System.Runtime.InteropServices;

namespace Puna.Training.Numerics;

/// <summary>Zeroed float32 memory outside the managed heap, aligned to 64 bytes. Owned by whoever makes it.</summary>
public sealed unsafe class FloatBuffer : IDisposable
{
    private const int Alignment = 64;

    private float* _data;

    /// <summary>Allocates <paramref name="length"/> zeros.</summary>
    public FloatBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _data = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(Alignment, (length * sizeof(float) + Alignment - 1) / Alignment * Alignment), Alignment);
        Clear();
    }

    ~FloatBuffer() => Free();

    /// <summary>Number of floats.</summary>
    public long Length { get; }

    /// <summary>First element.</summary>
    public float* Data => _data;

    /// <summary>All elements; the length must fit in an int.</summary>
    public Span<float> Span => new(_data, checked((int)Length));

    /// <summary>Sets every element to zero.</summary>
    public void Clear() => NativeMemory.Clear(_data, (nuint)(Length * sizeof(float)));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }
}
