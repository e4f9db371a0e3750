using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// A set of JSON objects. Keys fall into classes: the declared ones, a class each, which may come once, and classes of other keys. The
/// value of a key follows the rule of its class. Filled while compiling, constant afterwards.
/// </summary>
internal sealed class ObjectForm
{
    private readonly KeySet _required;
    private readonly KeySet?[] _requires;
    private KeySet[] _reach = [];

    /// <param name="names">Declared keys in order.</param>
    /// <param name="values">Rules of the declared keys, then of the other classes.</param>
    /// <param name="keys">Automaton of all keys; the label of a state is the class.</param>
    /// <param name="required">Declared keys that must come.</param>
    /// <param name="requires">By declared key: keys that must come with it, or null.</param>
    /// <param name="least">Fewest keys.</param>
    /// <param name="most">Most keys, or <see cref="Dfa.Unbounded"/>.</param>
    /// <param name="anyOrder">Declared keys may come in any order.</param>
    internal ObjectForm(string[] names, ValueRule[] values, Dfa keys, KeySet required, KeySet?[] requires, int least, int most, bool anyOrder)
    {
        (Names, Values, Keys, _required, _requires) = (names, values, keys, required, requires);
        (Least, Most, AnyOrder) = (least, most, anyOrder);
        HasDependencies = requires.Any(r => r is not null);
        Nothing = new KeySet(values.Length);
        CountsOtherKeys = values.Length > names.Length && least > 1;
    }

    internal string[] Names { get; }

    internal ValueRule[] Values { get; }

    internal Dfa Keys { get; }

    internal int Least { get; }

    internal int Most { get; }

    internal bool AnyOrder { get; }

    internal bool HasDependencies { get; }

    /// <summary>Whether the keys seen must be remembered one by one; otherwise the last one tells.</summary>
    internal bool Remembers => AnyOrder || HasDependencies;

    internal int MinBytes { get; private set; } = Dfa.Unbounded;

    internal int Height { get; private set; } = Dfa.Unbounded;

    /// <summary>Keys that are not declared are remembered until there are enough keys: one that comes again would not count.</summary>
    internal bool CountsOtherKeys { get; }

    /// <summary>No keys.</summary>
    internal KeySet Nothing { get; }

    internal bool HasOtherKeys => Values.Length > Names.Length;

    /// <summary>Takes over what the rules of its values have found out.</summary>
    internal void Update()
    {
        int bytes = 2, height = 0, count = 0;
        foreach (int key in Needed(new KeySet(Values.Length)).Items())
        {
            if (!Values[key].IsPossible) return;
            count++;
            bytes = Sum(bytes, Sum(Names[key].Length + 4, Values[key].MinBytes));
            height = Math.Max(height, Values[key].Height);
        }

        if (count > Most) return;
        if (count < Least)
        {
            // Any others will do; the flattest ones keep the height low.
            List<ValueRule> more = [.. Enumerable.Range(0, Names.Length).Where(i => !_required.Contains(i) && Values[i].IsPossible).Select(i => Values[i]).OrderBy(v => v.Height)];
            ValueRule? other = Values.Skip(Names.Length).Where(v => v.IsPossible).MinBy(v => v.Height);
            for (int i = 0; count < Least; i++, count++)
            {
                ValueRule? next = i < more.Count && (other is null || more[i].Height <= other.Height) ? more[i] : other ?? (i < more.Count ? more[i] : null);
                if (next is null) return;
                bytes = Sum(bytes, Sum(6, next.MinBytes));
                height = Math.Max(height, next.Height);
                if (i > Names.Length && Least > 10_000) break;
            }
        }

        MinBytes = Math.Min(MinBytes, bytes);
        Height = Math.Min(Height, height + 1);
    }

    /// <summary>Finds out which classes can still be reached in every state of the key automaton; once all rules are final.</summary>
    internal void Complete()
    {
        int count = Keys.StateCount;
        KeySet empty = new(Values.Length);
        _reach = new KeySet[count];
        for (int q = 0; q < count; q++) _reach[q] = Keys.IsAccepting(q) ? empty.With(Keys.Label(q)) : empty;
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int q = count - 1; q >= 0; q--)
            {
                KeySet reach = _reach[q];
                foreach ((_, _, int target) in Keys.Pieces(q))
                {
                    if (target >= 0 && target != q) reach = reach.Union(_reach[target]);
                }

                if (reach.Equals(_reach[q])) continue;
                _reach[q] = reach;
                changed = true;
            }
        }
    }

    /// <summary>Whether a key of an available class can still come of what has been read of it.</summary>
    internal bool CanReach(int state, KeySet available) => _reach[state].Overlaps(available);

    /// <summary>Classes of which the next key may be, so that the object can still be completed.</summary>
    /// <param name="seen">Declared keys that came; where these are not remembered, empty.</param>
    /// <param name="last">Last declared key that came, -1 for none; the number of names once another key came.</param>
    /// <param name="count">Keys that came.</param>
    /// <param name="levels">Levels of nesting left for values.</param>
    internal KeySet Available(KeySet seen, int last, int count, int levels)
    {
        KeySet available = new(Values.Length);
        if (count >= Most) return available;

        for (int key = 0; key < Values.Length; key++)
        {
            bool other = key >= Names.Length;
            if (!other && (AnyOrder ? seen.Contains(key) : key <= last)) continue;
            if (Values[key].Height > levels) continue;
            if (!AnyOrder && _required.Items().Any(needed => needed > last && needed < key)) continue; // it could not come any more
            if (CanComplete(other || !Remembers ? seen : seen.With(key), other ? Names.Length : key, count + 1)) available = available.With(key);
        }

        return available;
    }

    /// <summary>Fewest bytes of the keys that must still come, about.</summary>
    internal int RemainingBytes(KeySet? seen, int last, int count)
    {
        int bytes = Math.Max(0, Least - count) * 16;
        foreach (int key in Missing(seen ?? Nothing, last).Items()) bytes = Sum(bytes, Sum(Names[key].Length + 4, Values[key].MinBytes));
        return bytes;
    }

    /// <summary>Whether the object may end.</summary>
    internal bool CanClose(KeySet seen, int last, int count) => count >= Least && Missing(seen, last).IsEmpty;

    private bool CanComplete(KeySet seen, int last, int count)
    {
        KeySet missing = Missing(seen, last);
        if (!AnyOrder && missing.Items().Any(key => key <= last)) return false;
        if (Most != Dfa.Unbounded && count + missing.Count > Most) return false;
        if (count >= Least || HasOtherKeys) return true;

        int left = AnyOrder ? Names.Length - seen.Count : Names.Length - 1 - Math.Min(last, Names.Length - 1);
        return count + left >= Least;
    }

    private KeySet Missing(KeySet seen, int last)
    {
        if (Remembers) return Needed(seen).Except(seen);

        KeySet missing = new(Values.Length);
        foreach (int key in _required.Items())
        {
            if (key > last) missing = missing.With(key);
        }

        return missing;
    }

    /// <summary>Keys that must come once those seen have come.</summary>
    private KeySet Needed(KeySet seen)
    {
        KeySet needed = _required;
        if (!HasDependencies) return needed;

        for (KeySet? before = null; !needed.Equals(before);)
        {
            before = needed;
            foreach (int key in needed.Union(seen).Items())
            {
                if (key < Names.Length && _requires[key] is { } more) needed = needed.Union(more);
            }
        }

        return needed;
    }

    internal static int Sum(int a, int b) => a == Dfa.Unbounded || b == Dfa.Unbounded ? Dfa.Unbounded : (int)Math.Min(Dfa.Unbounded - 1L, (long)a + b);
}
