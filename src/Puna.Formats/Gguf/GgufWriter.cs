using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Puna.Tensors;

namespace Puna.Formats.Gguf;

/// <summary>
/// Writes one GGUF file (version 3, little-endian) from front to back: first all metadata and tensor declarations, then
/// the data of the tensors in the declared order, in pieces of any size, then <see cref="Complete"/>. The file appears
/// under its name only then; disposing earlier leaves no trace and an existing file untouched. For one thread.
/// </summary>
public sealed class GgufWriter : IDisposable
{
    private const string AlignmentKey = "general.alignment";
    private const string SplitPrefix = "split.";
    private const int CopyBytes = 1 << 26; // largest piece handed to the stream at once

    private readonly record struct Declared(string Name, ElementType Type, long[] Shape, long Offset, long Bytes);

    private readonly AtomicFile _file;
    private readonly GgufMetadataBuilder _metadata = new();
    private readonly List<Declared> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly int _alignment;
    private bool _dataBegun;
    private bool _completed;
    private int _current; // tensor being written
    private long _written; // bytes of it already written

    private GgufWriter(string path, int alignment)
    {
        _alignment = alignment;
        _file = new AtomicFile(path);
    }

    /// <summary>Starts a file.</summary>
    /// <param name="path">Where it shall appear; its folder must exist.</param>
    /// <param name="alignment">Of tensor data, in bytes: a power of two from 8 to 2,097,152.</param>
    /// <exception cref="IOException">The operating system refuses the file.</exception>
    public static GgufWriter Create(string path, int alignment = GgufLimits.DefaultAlignment)
    {
        if (!BitOperations.IsPow2(alignment) || alignment is < GgufLimits.MinAlignment or > GgufLimits.MaxAlignment)
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment,
                $"The alignment must be a power of two from {GgufLimits.MinAlignment} to {GgufLimits.MaxAlignment}.");
        }

        GgufWriter writer = new(path, alignment);
        if (alignment != GgufLimits.DefaultAlignment) writer._metadata.Add(AlignmentKey, (uint)alignment);
        return writer;
    }

    /// <summary>Adds a number or truth value, stored in the format's type for <typeparamref name="T"/>.</summary>
    /// <exception cref="ArgumentException">The key is bad or was added before, or the format has no such type.</exception>
    public void Add<T>(string key, T value) where T : unmanaged => Header(key).Add(key, value);

    /// <summary>Adds an array of numbers or truth values.</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    public void AddArray<T>(string key, ReadOnlySpan<T> values) where T : unmanaged => Header(key).AddArray(key, values);

    /// <summary>Adds a string.</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    public void AddString(string key, string value) => Header(key).AddString(key, Encoding.UTF8.GetBytes(value));

    /// <summary>Adds a string by its bytes, which are not checked.</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    public void AddString(string key, ReadOnlySpan<byte> utf8) => Header(key).AddString(key, utf8);

    /// <summary>Adds an array of strings.</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    public void AddStringArray(string key, IReadOnlyCollection<string> values) => Header(key).AddStringArray(key, values);

    /// <summary>Adds an array of strings by their bytes, which are not checked.</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    public void AddStringArray(string key, IReadOnlyCollection<byte[]> utf8) => Header(key).AddStringArray(key, utf8);

    /// <summary>
    /// Copies the pairs of an open file in their order, byte for byte. Left out are the keys this writer answers for
    /// (<c>general.alignment</c>, <c>split.*</c>), keys added here before, and those named.
    /// </summary>
    /// <param name="source">Metadata of an open file.</param>
    /// <param name="except">Keys to leave out, such as those the caller adds with new values.</param>
    public void CopyMetadata(GgufMetadata source, params ReadOnlySpan<string> except)
    {
        ArgumentNullException.ThrowIfNull(source);
        HashSet<string> leftOut = new(StringComparer.Ordinal) { AlignmentKey };
        foreach (string key in except) leftOut.Add(key);

        foreach (GgufMetadataEntry entry in source.Entries)
        {
            if (leftOut.Contains(entry.Key) || entry.Key.StartsWith(SplitPrefix, StringComparison.Ordinal)) continue;
            if (!_metadata.Contains(entry.Key)) Header(entry.Key).AddCopy(entry);
        }
    }

    /// <summary>Announces a tensor; its data must be written in the order of these calls.</summary>
    /// <param name="name">At most 63 bytes of UTF-8, unique in the file.</param>
    /// <param name="type">Any type with a GGUF id.</param>
    /// <param name="shape">1 to 4 sizes, innermost first; the first a whole number of blocks.</param>
    /// <exception cref="ArgumentException">A rule above is broken.</exception>
    /// <exception cref="OverflowException">The size does not fit in 63 bits.</exception>
    public void DeclareTensor(string name, ElementType type, params ReadOnlySpan<long> shape)
    {
        EnsureHeaderOpen();
        int nameBytes = Encoding.UTF8.GetByteCount(name);
        if (nameBytes is 0 or > GgufLimits.MaxTensorNameBytes)
            throw new ArgumentException($"Tensor name '{name}' takes {nameBytes} bytes; allowed are 1 to {GgufLimits.MaxTensorNameBytes}.", nameof(name));
        if (type >= ElementType.F8_E4M3 || !ElementTypes.IsKnown(type))
            throw new ArgumentException($"Tensor '{name}': type {type} has no GGUF id. Convert it to a type of the format.", nameof(type));
        if (shape.Length is 0 or > GgufLimits.MaxDimensions)
            throw new ArgumentException($"Tensor '{name}' has {shape.Length} dimensions; allowed are 1 to {GgufLimits.MaxDimensions}.", nameof(shape));
        if (_names.Contains(name)) throw new ArgumentException($"Tensor '{name}' was declared before.", nameof(name));

        long bytes = SizeOf(name, type, shape);
        long offset = _tensors.Count == 0 ? 0 : checked(Align(_tensors[^1].Offset + _tensors[^1].Bytes));
        _tensors.Add(new Declared(name, type, shape.ToArray(), offset, bytes));
        _names.Add(name);
    }

    /// <summary>Writes the next bytes of a tensor's data.</summary>
    /// <param name="name">The tensor whose turn it is: the first in declared order that is not whole.</param>
    /// <param name="bytes">A piece of any size that does not exceed what the tensor still lacks.</param>
    /// <exception cref="InvalidOperationException">It is another tensor's turn, or all are written.</exception>
    /// <exception cref="ArgumentException">The piece is longer than what the tensor lacks.</exception>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        BeginData();
        if (_current == _tensors.Count) throw new InvalidOperationException($"Tensor '{name}': all {_current} declared tensors are written.");

        Declared tensor = _tensors[_current];
        if (tensor.Name != name) throw new InvalidOperationException($"Tensor '{name}' is out of order: '{tensor.Name}' comes first and has {_written} of {tensor.Bytes} bytes.");
        if (bytes.Length > tensor.Bytes - _written)
            throw new ArgumentException($"Tensor '{name}' lacks {tensor.Bytes - _written} bytes; {bytes.Length} are too many.", nameof(bytes));

        _file.Stream.Write(bytes);
        _written += bytes.Length;
        if (_written < tensor.Bytes) return;

        Pad(tensor.Bytes);
        _current++;
        _written = 0;
    }

    /// <summary>Writes all data of the tensor whose turn it is from one in memory, of the same name, type and size.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public unsafe void WriteTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.RowStride != tensor.RowBytes) throw new ArgumentException($"Tensor '{tensor.Name}' is a view with gaps between its rows.", nameof(tensor));

        for (long at = 0; at < tensor.ByteLength; at += CopyBytes)
            Write(tensor.Name, new ReadOnlySpan<byte>(tensor.Data + at, (int)Math.Min(CopyBytes, tensor.ByteLength - at)));
    }

    /// <summary>Checks that all data is there, brings the file to the disk and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">Data of a declared tensor is missing.</exception>
    /// <exception cref="IOException">The operating system refuses a write or the renaming.</exception>
    public void Complete()
    {
        BeginData();
        if (_current < _tensors.Count)
            throw new InvalidOperationException($"Tensor '{_tensors[_current].Name}' has {_written} of {_tensors[_current].Bytes} bytes; write the rest first.");

        _file.Commit();
        _completed = true;
    }

    /// <summary>Removes the unfinished file, unless <see cref="Complete"/> succeeded.</summary>
    public void Dispose() => _file.Dispose();

    private GgufMetadataBuilder Header(string key)
    {
        EnsureHeaderOpen();
        if (key == AlignmentKey) throw new ArgumentException($"'{AlignmentKey}' follows from the alignment given to {nameof(Create)}.", nameof(key));
        return _metadata;
    }

    private void EnsureHeaderOpen()
    {
        if (_dataBegun) throw new InvalidOperationException("The header is already written: declare metadata and tensors before any data.");
    }

    private void BeginData()
    {
        if (_completed) throw new InvalidOperationException("The file is already complete.");
        if (_dataBegun) return;

        _dataBegun = true;
        FileStream stream = _file.Stream;
        stream.Write("GGUF"u8);
        WriteUInt32(3);
        WriteUInt64((ulong)_tensors.Count);
        WriteUInt64((ulong)_metadata.Count);
        stream.Write(_metadata.Bytes);
        foreach (Declared tensor in _tensors) WriteInfo(tensor);
        Pad(stream.Position);
    }

    private void WriteInfo(Declared tensor)
    {
        byte[] name = Encoding.UTF8.GetBytes(tensor.Name);
        WriteUInt64((ulong)name.Length);
        _file.Stream.Write(name);
        WriteUInt32((uint)tensor.Shape.Length);
        foreach (long size in tensor.Shape) WriteUInt64((ulong)size);
        WriteUInt32((uint)tensor.Type);
        WriteUInt64((ulong)tensor.Offset);
    }

    private void Pad(long written)
    {
        long missing = Align(written) - written;
        Span<byte> zeros = stackalloc byte[256];
        zeros.Clear();
        for (; missing > 0; missing -= Math.Min(missing, zeros.Length)) _file.Stream.Write(zeros[..(int)Math.Min(missing, zeros.Length)]);
    }

    private long Align(long position) => checked(position + _alignment - 1) / _alignment * _alignment;

    private static long SizeOf(string name, ElementType type, ReadOnlySpan<long> shape)
    {
        foreach (long size in shape)
        {
            if (size <= 0) throw new ArgumentException($"Tensor '{name}': dimension {size} is not positive.", nameof(shape));
        }

        long bytes = type.ByteSize(shape[0]);
        foreach (long size in shape[1..]) bytes = checked(bytes * size);
        return bytes;
    }

    private void WriteUInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _file.Stream.Write(bytes);
    }

    private void WriteUInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _file.Stream.Write(bytes);
    }
}
