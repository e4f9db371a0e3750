using System.Numerics;
using System.Runtime.InteropServices;

namespace Puna.Engine.Constraints.Matching;

/// <summary>Set operations on token masks of one length.</summary>
internal static class MaskBits
{
    internal static void UnionWith(Span<ulong> mask, ReadOnlySpan<ulong> other)
    {
        Span<Vector<ulong>> left = MemoryMarshal.Cast<ulong, Vector<ulong>>(mask);
        ReadOnlySpan<Vector<ulong>> right = MemoryMarshal.Cast<ulong, Vector<ulong>>(other);
        for (int i = 0; i < left.Length; i++) left[i] |= right[i];
        for (int i = left.Length * Vector<ulong>.Count; i < mask.Length; i++) mask[i] |= other[i];
    }

    internal static void IntersectWith(Span<ulong> mask, ReadOnlySpan<ulong> other)
    {
        Span<Vector<ulong>> left = MemoryMarshal.Cast<ulong, Vector<ulong>>(mask);
        ReadOnlySpan<Vector<ulong>> right = MemoryMarshal.Cast<ulong, Vector<ulong>>(other);
        for (int i = 0; i < left.Length; i++) left[i] &= right[i];
        for (int i = left.Length * Vector<ulong>.Count; i < mask.Length; i++) mask[i] &= other[i];
    }

    internal static void Remove(Span<ulong> mask, ReadOnlySpan<ulong> other)
    {
        Span<Vector<ulong>> left = MemoryMarshal.Cast<ulong, Vector<ulong>>(mask);
        ReadOnlySpan<Vector<ulong>> right = MemoryMarshal.Cast<ulong, Vector<ulong>>(other);
        for (int i = 0; i < left.Length; i++) left[i] = Vector.AndNot(left[i], right[i]);
        for (int i = left.Length * Vector<ulong>.Count; i < mask.Length; i++) mask[i] &= ~other[i];
    }

    internal static bool Contains(ReadOnlySpan<ulong> mask, int id) => (mask[id >> 6] >> (id & 63) & 1) != 0;
}
