using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Puna.Tensors.Storage;

/// <summary>
/// Owns a range of unmanaged memory: either allocated here or a read-only view of a mapped file. Addresses stay valid
/// until <see cref="Dispose"/>; whoever hands out pointers into it keeps the owner alive.
/// </summary>
public sealed unsafe class NativeStorage : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _pointer;

    private NativeStorage(byte* pointer, long length, MemoryMappedFile? file, MemoryMappedViewAccessor? view)
    {
        _pointer = pointer;
        Length = length;
        _file = file;
        _view = view;
    }

    /// <summary>Bytes owned.</summary>
    public long Length { get; }

    /// <summary>True for a view of a file, which must not be written.</summary>
    public bool IsMapped => _view is not null;

    /// <summary>First byte.</summary>
    /// <exception cref="ObjectDisposedException">The storage was disposed.</exception>
    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="length">Bytes, at least 0.</param>
    /// <param name="alignment">A power of two, in bytes.</param>
    public static NativeStorage Allocate(long length, int alignment = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        byte* pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), (nuint)alignment);
        NativeMemory.Clear(pointer, (nuint)length);
        return new NativeStorage(pointer, length, null, null);
    }

    /// <summary>Maps a whole file read-only. Pages are read when first touched; nothing is copied.</summary>
    /// <exception cref="IOException">The file cannot be opened, or is empty.</exception>
    public static NativeStorage MapFile(string path)
    {
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        long length = stream.Length;
        if (length == 0)
        {
            stream.Dispose();
            throw new IOException($"{path}: the file is empty.");
        }

        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        MemoryMappedViewAccessor view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        return new NativeStorage(pointer + view.PointerOffset, length, file, view);
    }

    /// <summary>Bytes [offset, offset + length).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the storage.</exception>
    public ReadOnlySpan<byte> Slice(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"[{offset}, {offset + length}) is outside the {Length} bytes owned.");

        return new ReadOnlySpan<byte>(Pointer + offset, length);
    }

    /// <summary>Frees the memory or unmaps the file.</summary>
    public void Dispose()
    {
        if (_pointer is null) return;

        if (_view is null)
        {
            NativeMemory.AlignedFree(_pointer);
        }
        else
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file!.Dispose();
        }

        _pointer = null;
    }
}
