using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

/// <summary>
/// What one schema says about values by key: under <c>properties</c>, under <c>patternProperties</c>, and under
/// <c>additionalProperties</c> about keys that neither of those speaks of.
/// </summary>
internal sealed class ObjectLayer
{
    internal required IReadOnlyList<(string Key, Conjunction Value)> Properties { get; init; }

    internal IReadOnlyList<(Dfa Keys, Conjunction Value)> Patterns { get; init; } = [];

    internal Conjunction Additional { get; init; } = Conjunction.Any;

    /// <summary>All conditions on the value of a key.</summary>
    internal Conjunction ValueOf(string key)
    {
        Conjunction? value = null;
        foreach ((string name, Conjunction condition) in Properties)
        {
            if (name == key) value = (value ?? Conjunction.Any).With(condition);
        }

        foreach ((Dfa keys, Conjunction condition) in Patterns)
        {
            if (keys.Accepts(key)) value = (value ?? Conjunction.Any).With(condition);
        }

        return value ?? Additional;
    }
}
