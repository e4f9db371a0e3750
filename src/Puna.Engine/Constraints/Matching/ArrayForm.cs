using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// A set of JSON arrays: rules for the first items and for the rest, bounds on their number, how many must match a rule of
/// their own, and values of which each may come once. Filled while compiling, constant afterwards.
/// </summary>
internal sealed class ArrayForm
{
    /// <summary>Rules of the first items.</summary>
    internal required ValueRule[] First { get; init; }

    /// <summary>Rule of the items after those, or null where there are none.</summary>
    internal required ValueRule? Rest { get; init; }

    internal required int Least { get; init; }

    /// <summary>Most items, or <see cref="Dfa.Unbounded"/>.</summary>
    internal required int Most { get; init; }

    /// <summary>Items that must match, 0 where nothing is asked.</summary>
    internal int MatchLeast { get; init; }

    /// <summary>Rules of matching items, in the places of <see cref="First"/> and then of <see cref="Rest"/>; null where nothing is asked.</summary>
    internal ValueRule[]? Matching { get; init; }

    /// <summary>Most items that may match; then <see cref="Failing"/> says what the others are.</summary>
    internal int MatchMost { get; init; } = Dfa.Unbounded;

    /// <summary>Rules of items that do not match, where their number is bounded.</summary>
    internal ValueRule[]? Failing { get; init; }

    /// <summary>No two items are equal.</summary>
    internal bool IsUnique { get; init; }

    internal int MinBytes { get; private set; } = Dfa.Unbounded;

    internal int Height { get; private set; } = Dfa.Unbounded;

    /// <summary>From this number of items on, more make no difference.</summary>
    internal int Saturation => Most == Dfa.Unbounded ? Math.Max(Least, First.Length) : Dfa.Unbounded;

    /// <summary>Takes over what the rules of its items have found out.</summary>
    internal void Update()
    {
        if (Least > Most || MatchLeast > MatchMost) return;

        int bytes = 2, height = 0, matched = 0, needed = Math.Max(Least, MatchLeast == 0 ? 0 : 1);
        if (IsUnique && Least > First.Length && Rest?.CountValues(Least - First.Length) < Least - First.Length) return;

        for (int i = 0; i < needed || matched < MatchLeast; i++)
        {
            if (i >= Most) return;
            if (i > First.Length + 64 && (MatchLeast == 0 || Match(i) is { IsPossible: true }))
            {
                bytes = ObjectForm.Sum(bytes, (int)Math.Min(Dfa.Unbounded - 1L, 2L * Math.Max(needed, MatchLeast)));
                break; // the rest is all alike
            }

            ValueRule? rule = matched < MatchLeast && Match(i) is { IsPossible: true } match ? match : Item(i, matched);
            if (rule is not { IsPossible: true } && Match(i) is { IsPossible: true } only && matched < MatchMost) rule = only;
            if (rule is not { IsPossible: true }) return;
            if (ReferenceEquals(rule, Match(i))) matched++;
            else if (i >= First.Length && i >= needed) return; // waiting for a match that cannot come
            bytes = ObjectForm.Sum(bytes, ObjectForm.Sum(1, rule.MinBytes));
            height = Math.Max(height, rule.Height);
        }

        MinBytes = Math.Min(MinBytes, bytes);
        Height = Math.Min(Height, height + 1);
    }

    /// <summary>Rule of an item that does not count as matching, or null.</summary>
    internal ValueRule? Item(int index, int matched) =>
        index >= Most ? null
        : Failing is not null && MatchMost != Dfa.Unbounded ? Failing[Math.Min(index, First.Length)]
        : index < First.Length ? First[index] : Rest;

    /// <summary>Rule of an item that counts as matching, or null.</summary>
    internal ValueRule? Match(int index) =>
        Matching is null || index >= Most ? null : Matching[Math.Min(index, First.Length)];

    /// <summary>Whether the array may end.</summary>
    internal bool CanClose(int count, int matched) => count >= Least && matched >= MatchLeast;

    /// <summary>Whether the array can be completed after so many items.</summary>
    internal bool CanComplete(int count, int matched, int levels)
    {
        if (count > Most || matched > MatchMost) return false;
        int missing = MatchLeast - matched;
        if (missing > 0)
        {
            int places = 0;
            for (int i = count; i < Math.Min(Most, First.Length) && places < missing; i++) places += Fits(Match(i), levels) ? 1 : 0;
            if (places < missing && Most > First.Length && Rest is not null && Fits(Match(First.Length), levels))
                places += Most == Dfa.Unbounded ? missing : Most - Math.Max(count, First.Length);
            if (places < missing) return false;
        }

        // Every place up to the least length must have some rule; what matches may be all there is.
        for (int i = count; i < Math.Min(Least, First.Length + 1); i++)
        {
            if (!Fits(Item(i, matched), levels) && !(Fits(Match(i), levels) && MatchMost == Dfa.Unbounded)) return false;
        }

        return true;
    }

    private static bool Fits(ValueRule? rule, int levels) => rule is { IsPossible: true } && rule.Height <= levels;
}
