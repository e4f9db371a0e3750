using Puna.Tensors.Storage;

namespace Puna.Compute.Cpu.MatMul;

/// <summary>A native buffer that grows and is kept, so that a call of a size seen before allocates nothing.</summary>
internal sealed unsafe class NativeScratch : IDisposable
{
    private NativeStorage? _storage;

    /// <summary>At least <paramref name="bytes"/> bytes, aligned to 64; contents are undefined and earlier pointers are void.</summary>
    public byte* Reserve(long bytes)
    {
        if (_storage is null || _storage.Length < bytes)
        {
            _storage?.Dispose();
            _storage = null; // not left behind disposed if the allocation below fails
            _storage = NativeStorage.Allocate(bytes);
        }

        return _storage.Pointer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _storage?.Dispose();
        _storage = null;
    }
}
