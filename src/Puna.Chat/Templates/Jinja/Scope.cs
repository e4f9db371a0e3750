using Puna.Chat.Templates.Jinja.Values;

namespace Puna.Chat.Templates.Jinja;

/// <summary>Variables of one block; reads fall through to the blocks around it, writes do not.</summary>
internal sealed class Scope(Scope? parent)
{
    private Dictionary<string, Value>? _variables;

    public Value? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._variables is not null && scope._variables.TryGetValue(name, out Value? value)) return value;
        }

        return null;
    }

    private Scope? Parent { get; } = parent;

    public void Set(string name, Value value) => (_variables ??= new(StringComparer.Ordinal))[name] = value;
}
