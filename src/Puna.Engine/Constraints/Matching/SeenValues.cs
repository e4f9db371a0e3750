namespace Puna.Engine.Constraints.Matching;

/// <summary>Values that may not come again, in the order they came. Equal lists are the same object.</summary>
internal sealed class SeenValues
{
    private readonly SeenValues? _before;
    private readonly string _last = "";
    private Dictionary<string, SeenValues>? _after;

    internal SeenValues()
    {
    }

    private SeenValues(SeenValues before, string last) => (_before, _last) = (before, last);

    internal SeenValues With(string value)
    {
        _after ??= [];
        if (!_after.TryGetValue(value, out SeenValues? next)) _after.Add(value, next = new SeenValues(this, value));
        return next;
    }

    internal bool Contains(string value)
    {
        for (SeenValues at = this; at._before is not null; at = at._before)
        {
            if (at._last == value) return true;
        }

        return false;
    }

    /// <summary>The values, the last one first.</summary>
    internal IEnumerable<string> Items()
    {
        for (SeenValues at = this; at._before is not null; at = at._before) yield return at._last;
    }

    /// <summary>The same values in another family of lists.</summary>
    internal SeenValues In(SeenValues root) => Items().Reverse().Aggregate(root, static (list, value) => list.With(value));
}
