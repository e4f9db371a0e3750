namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// A stack of things to be completed, innermost on top: one reading of the text so far. Equal stacks are the same object while
/// their <see cref="Automaton"/> keeps them.
/// </summary>
internal sealed class StackNode
{
    internal NodeKind Kind;

    /// <summary>The form or rule that is being completed.</summary>
    internal object Form = null!;

    /// <summary>Place in it, by kind: <see cref="Matching.Phase"/>, or number of a grammar's state.</summary>
    internal int Phase;

    /// <summary>State of a text's or key's automaton; class of a key whose value is due; matching items of an array.</summary>
    internal int State;

    /// <summary>Characters of a text, keys of an object, items of an array, rounds of a repetition.</summary>
    internal int Count;

    /// <summary>How much of a character has been read.</summary>
    internal int Partial;

    /// <summary>Last declared key that came.</summary>
    internal int Last;

    /// <summary>Declared keys that came, or values an array of distinct ones has used; null where not remembered.</summary>
    internal KeySet? Seen;

    /// <summary>Values of an array's items, or keys of an object, that may not come again; null where they may.</summary>
    internal SeenValues? Values;

    /// <summary>Place in the <see cref="TextTrace"/> where the item or key began.</summary>
    internal int From;

    /// <summary>What has been read must be remembered, for this node or one below it.</summary>
    internal bool Traces;

    /// <summary>What goes on when this is completed; null for the end of the text.</summary>
    internal StackNode? Parent;

    /// <summary>Objects and arrays that are open.</summary>
    internal int Depth;

    /// <summary>Fewest bytes to the end of the text, about.</summary>
    internal int MinBytes;

    /// <summary>Order of creation.</summary>
    internal int Serial;

    /// <summary>The last closure that visited this node.</summary>
    internal int Visit;

    /// <summary>Classes of keys that may come; found when first asked for.</summary>
    internal KeySet? Available;

    /// <summary>Compares everything but what follows from the rest.</summary>
    internal sealed class Comparer : IEqualityComparer<StackNode>
    {
        public bool Equals(StackNode? x, StackNode? y) =>
            x!.Kind == y!.Kind && ReferenceEquals(x.Form, y.Form) && x.Phase == y.Phase && x.State == y.State && x.Count == y.Count
            && x.Partial == y.Partial && x.Last == y.Last && ReferenceEquals(x.Parent, y.Parent) && x.From == y.From && ReferenceEquals(x.Values, y.Values) && Equals(x.Seen, y.Seen);

        public int GetHashCode(StackNode node)
        {
            HashCode hash = default;
            hash.Add((int)node.Kind);
            hash.Add(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(node.Form));
            hash.Add(node.Phase);
            hash.Add(node.State);
            hash.Add(node.Count);
            hash.Add(node.Partial);
            hash.Add(node.Last);
            hash.Add(node.Parent is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(node.Parent));
            hash.Add(node.Seen);
            hash.Add(node.From);
            hash.Add(node.Values is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(node.Values));
            return hash.ToHashCode();
        }
    }
}
