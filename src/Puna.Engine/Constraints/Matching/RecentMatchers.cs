using System.Runtime.CompilerServices;

namespace Puna.Engine.Constraints.Matching;

/// <summary>
/// The matchers over one vocabulary. One can grow to a hundred megabytes, so those asked for last are kept as far as their memory
/// allows; others stay only as long as a sequence uses them. Safe for several threads.
/// </summary>
internal sealed class RecentMatchers
{
    internal const long MaxBytes = 256L << 20;

    private readonly Lock _gate = new();
    private readonly ConditionalWeakTable<Program, WeakReference<Matcher>> _known = [];
    private readonly List<Matcher> _recent = []; // the last one asked for at the end

    /// <summary>The matcher of a program, made when there is none.</summary>
    /// <exception cref="ConstraintException">The empty text can be read in too many ways at once.</exception>
    internal Matcher For(Program program, TokenTrie trie)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(program, out WeakReference<Matcher>? known) || !known.TryGetTarget(out Matcher? matcher))
            {
                matcher = new Matcher(program, trie);
                _known.AddOrUpdate(program, new WeakReference<Matcher>(matcher));
            }

            _recent.Remove(matcher);
            _recent.Add(matcher);
            DropOldest();
            return matcher;
        }
    }

    /// <summary>Keeps the newest that fit together, and the last one in any case.</summary>
    private void DropOldest()
    {
        long bytes = 0;
        int first = _recent.Count;
        while (first > 0 && (bytes += _recent[first - 1].Bytes) <= MaxBytes) first--;
        _recent.RemoveRange(0, Math.Min(first, _recent.Count - 1));
    }
}
