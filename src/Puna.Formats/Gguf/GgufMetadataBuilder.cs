using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Puna.Formats.Gguf;

/// <summary>Serialises metadata pairs in the layout of a little-endian file, in the order they are added.</summary>
internal sealed class GgufMetadataBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    internal int Count => _keys.Count;

    internal ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    internal bool Contains(string key) => _keys.Contains(key);

    internal void Add<T>(string key, T value) where T : unmanaged
    {
        Begin(key, TypeOf<T>());
        AppendElements([value]);
    }

    internal void AddArray<T>(string key, ReadOnlySpan<T> values) where T : unmanaged
    {
        BeginArray(key, TypeOf<T>(), values.Length);
        AppendElements(values);
    }

    internal void AddString(string key, ReadOnlySpan<byte> utf8)
    {
        Begin(key, GgufValueType.String);
        AppendString(utf8);
    }

    internal void AddStringArray(string key, IReadOnlyCollection<string> values)
    {
        BeginArray(key, GgufValueType.String, values.Count);
        foreach (string value in values) AppendString(Encoding.UTF8.GetBytes(value));
    }

    internal void AddStringArray(string key, IReadOnlyCollection<byte[]> utf8)
    {
        BeginArray(key, GgufValueType.String, utf8.Count);
        foreach (byte[] value in utf8) AppendString(value);
    }

    /// <summary>Adds a pair of an open file: bytes as they are, or re-ordered if that file is big-endian.</summary>
    internal void AddCopy(GgufMetadataEntry entry)
    {
        if (!entry.IsBigEndian)
        {
            Begin(entry.Key, entry.Type);
            _bytes.Write(entry.RawValue);
        }
        else if (entry.ElementType == GgufValueType.String)
        {
            if (!entry.IsArray)
            {
                AddString(entry.Key, entry.Utf8);
                return;
            }

            GgufStringArray strings = new(entry);
            BeginArray(entry.Key, GgufValueType.String, strings.Count);
            for (int i = 0; i < strings.Count; i++) AppendString(strings[i]);
        }
        else
        {
            if (entry.IsArray) BeginArray(entry.Key, entry.ElementType, entry.Count);
            else Begin(entry.Key, entry.Type);
            AppendReversed(entry.RawElements, entry.ElementType.FixedBytes());
        }
    }

    private static GgufValueType TypeOf<T>() where T : unmanaged =>
        typeof(T) == typeof(byte) ? GgufValueType.UInt8
        : typeof(T) == typeof(sbyte) ? GgufValueType.Int8
        : typeof(T) == typeof(ushort) ? GgufValueType.UInt16
        : typeof(T) == typeof(short) ? GgufValueType.Int16
        : typeof(T) == typeof(uint) ? GgufValueType.UInt32
        : typeof(T) == typeof(int) ? GgufValueType.Int32
        : typeof(T) == typeof(float) ? GgufValueType.Float32
        : typeof(T) == typeof(bool) ? GgufValueType.Bool
        : typeof(T) == typeof(ulong) ? GgufValueType.UInt64
        : typeof(T) == typeof(long) ? GgufValueType.Int64
        : typeof(T) == typeof(double) ? GgufValueType.Float64
        : throw new ArgumentException($"GGUF metadata has no type for {typeof(T).Name}; use an integer, float, double or bool.");

    private void Begin(string key, GgufValueType type)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(key);
        if (utf8.Length is 0 or > GgufLimits.MaxKeyBytes)
            throw new ArgumentException($"A metadata key takes 1 to {GgufLimits.MaxKeyBytes} bytes; this one takes {utf8.Length}.", nameof(key));
        if (!_keys.Add(key)) throw new ArgumentException($"Metadata key '{key}' was added before. Leave it out of what is copied.", nameof(key));

        AppendString(utf8);
        AppendUInt32((uint)type);
    }

    private void BeginArray(string key, GgufValueType elementType, int count)
    {
        Begin(key, GgufValueType.Array);
        AppendUInt32((uint)elementType);
        AppendUInt64((ulong)count);
    }

    private void AppendElements<T>(ReadOnlySpan<T> values) where T : unmanaged => _bytes.Write(MemoryMarshal.AsBytes(values));

    private void AppendReversed(ReadOnlySpan<byte> elements, int width)
    {
        Span<byte> target = _bytes.GetSpan(elements.Length)[..elements.Length];
        elements.CopyTo(target);
        for (int i = 0; i < target.Length; i += width) target.Slice(i, width).Reverse();
        _bytes.Advance(elements.Length);
    }

    private void AppendString(ReadOnlySpan<byte> utf8)
    {
        AppendUInt64((ulong)utf8.Length);
        _bytes.Write(utf8);
    }

    private void AppendUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
    }

    private void AppendUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(sizeof(ulong)), value);
        _bytes.Advance(sizeof(ulong));
    }
}
