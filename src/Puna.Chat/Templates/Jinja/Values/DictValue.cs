namespace Puna.Chat.Templates.Jinja.Values;

/// <summary>An immutable dictionary that keeps the order of insertion.</summary>
internal sealed class DictValue : Value
{
    private readonly Dictionary<Value, int> _index;
    private readonly List<KeyValuePair<Value, Value>> _entries;

    /// <summary>A later entry replaces the value of an equal earlier key, at the earlier place.</summary>
    /// <exception cref="TemplateFault">A key cannot be hashed (a list, a dictionary).</exception>
    public DictValue(IEnumerable<KeyValuePair<Value, Value>> entries, RenderBudget budget)
    {
        _index = new Dictionary<Value, int>(ValueEquality.Instance);
        _entries = [];
        foreach ((Value key, Value value) in entries)
        {
            Depth = Math.Max(Depth, Math.Max(key.Depth, value.Depth));
            if (_index.TryGetValue(key, out int at)) _entries[at] = new(_entries[at].Key, value);
            else
            {
                _index.Add(key, _entries.Count);
                _entries.Add(new(key, value));
            }
        }

        budget.CheckValueDepth(++Depth);
    }

    public IReadOnlyList<KeyValuePair<Value, Value>> Entries => _entries;

    public override string TypeName => "dict";

    public override int Depth { get; }

    public override bool IsTrue => _entries.Count > 0;

    public override bool IsIterable => true;

    public override int? Count => _entries.Count;

    public override IEnumerable<Value> Iterate() => _entries.Select(entry => entry.Key);

    /// <exception cref="TemplateFault">The key cannot be hashed.</exception>
    public Value? Find(Value key) => _index.TryGetValue(key, out int at) ? _entries[at].Value : null;

    public override void AppendRepr(TextBuilder output)
    {
        output.Append("{");
        for (int i = 0; i < _entries.Count; i++)
        {
            output.Budget.Step();
            if (i > 0) output.Append(", ");
            _entries[i].Key.AppendRepr(output);
            output.Append(": ");
            _entries[i].Value.AppendRepr(output);
        }

        output.Append("}");
    }
}
