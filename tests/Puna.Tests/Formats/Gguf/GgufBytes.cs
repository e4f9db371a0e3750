using System.Buffers.Binary;
using System.Text;
using Puna.Formats.Gguf;
using Puna.Tensors;

namespace Puna.Tests.Formats.Gguf;

/// <summary>
/// Composes GGUF bytes by hand, right or wrong, in either byte order and of any version: independent of the writer under
/// test, and able to break every rule.
/// </summary>
internal sealed class GgufBytes(bool bigEndian = false)
{
    private readonly List<byte> _bytes = [];

    internal byte[] ToArray() => [.. _bytes];

    internal int Length => _bytes.Count;

    internal GgufBytes Header(ulong tensors, ulong entries, uint version = 3) => Raw("GGUF"u8).U32(version).U64(tensors).U64(entries);

    internal GgufBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    internal GgufBytes U16(ushort value) => Number(stackalloc byte[2], value);

    internal GgufBytes U32(uint value) => Number(stackalloc byte[4], value);

    internal GgufBytes U64(ulong value) => Number(stackalloc byte[8], value);

    internal GgufBytes Str(string text) => Str(Encoding.UTF8.GetBytes(text));

    internal GgufBytes Str(ReadOnlySpan<byte> utf8) => U64((ulong)utf8.Length).Raw(utf8);

    internal GgufBytes Key(string key, GgufValueType type) => Str(key).U32((uint)type);

    internal GgufBytes ArrayKey(string key, GgufValueType elementType, ulong count) =>
        Key(key, GgufValueType.Array).U32((uint)elementType).U64(count);

    internal GgufBytes Tensor(string name, uint type, ulong offset, params ReadOnlySpan<ulong> shape)
    {
        Str(name).U32((uint)shape.Length);
        foreach (ulong size in shape) U64(size);
        return U32(type).U64(offset);
    }

    internal GgufBytes Tensor(string name, ElementType type, ulong offset, params ReadOnlySpan<ulong> shape) =>
        Tensor(name, (uint)type, offset, shape);

    /// <summary>Zeros up to the next multiple of <paramref name="alignment"/>.</summary>
    internal GgufBytes Pad(int alignment = 32)
    {
        while (_bytes.Count % alignment != 0) _bytes.Add(0);
        return this;
    }

    internal GgufBytes Zeros(int count) => Raw(new byte[count]);

    private GgufBytes Number(Span<byte> target, ulong value)
    {
        Span<byte> wide = stackalloc byte[8];
        if (bigEndian) BinaryPrimitives.WriteUInt64BigEndian(wide, value);
        else BinaryPrimitives.WriteUInt64LittleEndian(wide, value);
        (bigEndian ? wide[^target.Length..] : wide[..target.Length]).CopyTo(target);
        return Raw(target);
    }
}
