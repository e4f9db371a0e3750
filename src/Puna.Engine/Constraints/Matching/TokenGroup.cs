namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// Some tokens, or their ends, as a tree of bytes laid out depth first, so that it is walked from front to back and a branch is skipped in
/// one step. Immutable.
/// </summary>
internal sealed class TokenGroup
{
    /// <param name="entries">Bytes to walk, the token they stand for, and how many characters of it come before them.</param>
    internal TokenGroup(List<(byte[] Bytes, int Token, int Before)> entries)
    {
        entries.Sort(static (x, y) => x.Bytes.AsSpan().SequenceCompareTo(y.Bytes));
        Tokens = [.. entries.Select(e => e.Token)];
        Before = [.. entries.Select(e => (byte)Math.Min(e.Before, byte.MaxValue))];
        List<byte> labels = [], depths = [];
        List<int> ends = [], first = [];
        Stack<int> path = new();
        byte[] last = [];
        for (int t = 0; t < entries.Count; t++)
        {
            byte[] bytes = entries[t].Bytes;
            int common = last.AsSpan().CommonPrefixLength(bytes);
            while (path.Count > common) ends[path.Pop()] = labels.Count;
            for (int i = common; i < bytes.Length; i++)
            {
                path.Push(labels.Count);
                labels.Add(bytes[i]);
                depths.Add((byte)(i + 1));
                ends.Add(0);
                first.Add(t);
            }

            last = bytes;
        }

        while (path.Count > 0) ends[path.Pop()] = labels.Count;
        first.Add(entries.Count);
        (Labels, Depths, Ends, FirstTokens) = ([.. labels], [.. depths], [.. ends], [.. first]);
    }

    /// <summary>By node: the byte that leads to it.</summary>
    internal byte[] Labels { get; }

    /// <summary>By node: bytes from the root, at least 1.</summary>
    internal byte[] Depths { get; }

    /// <summary>By node: the first node behind its branch.</summary>
    internal int[] Ends { get; }

    /// <summary>By node, and one more: place of its first token in <see cref="Tokens"/>.</summary>
    internal int[] FirstTokens { get; }

    /// <summary>Ids in the order of the tree.</summary>
    internal int[] Tokens { get; }

    /// <summary>By place in <see cref="Tokens"/>: characters of the token before the walked bytes.</summary>
    internal byte[] Before { get; }
}
