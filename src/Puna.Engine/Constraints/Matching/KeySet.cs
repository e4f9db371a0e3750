using System.Numerics;

namespace Puna.Engine.Constraints.Matching;

/// <summary>A set of small numbers as bits. Immutable; equal sets are equal.</summary>
internal sealed class KeySet : IEquatable<KeySet>
{
    private readonly ulong[] _words;

    internal KeySet(int size) => _words = new ulong[(size + 63) / 64];

    private KeySet(ulong[] words) => _words = words;

    internal int Count => _words.Sum(word => BitOperations.PopCount(word));

    internal bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    internal bool Contains(int item) => (_words[item >> 6] >> (item & 63) & 1) != 0;

    internal KeySet With(int item)
    {
        ulong[] words = [.. _words];
        words[item >> 6] |= 1UL << (item & 63);
        return new KeySet(words);
    }

    internal bool Overlaps(KeySet other)
    {
        for (int i = 0; i < _words.Length; i++)
        {
            if ((_words[i] & other._words[i]) != 0) return true;
        }

        return false;
    }

    internal KeySet Union(KeySet other) => new([.. _words.Zip(other._words, (a, b) => a | b)]);

    internal KeySet Except(KeySet other) => new([.. _words.Zip(other._words, (a, b) => a & ~b)]);

    internal IEnumerable<int> Items()
    {
        for (int i = 0; i < _words.Length * 64; i++)
        {
            if (Contains(i)) yield return i;
        }
    }

    public bool Equals(KeySet? other) => other is not null && (ReferenceEquals(this, other) || _words.AsSpan().SequenceEqual(other._words));

    public override bool Equals(object? obj) => Equals(obj as KeySet);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (ulong word in _words) hash.Add(word);
        return hash.ToHashCode();
    }
}
