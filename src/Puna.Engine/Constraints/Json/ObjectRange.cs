using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

/// <summary>Objects by the conditions on their keys and values.</summary>
internal sealed record ObjectRange
{
    internal static ObjectRange All { get; } = new();

    /// <summary>Conditions on values by key, each schema's by itself: a value must meet those of all layers.</summary>
    internal IReadOnlyList<ObjectLayer> Layers { get; init; } = [];

    /// <summary>Keys that must be there, in order.</summary>
    internal IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Keys that make other keys necessary.</summary>
    internal IReadOnlyList<(string Key, string Needed)> Dependencies { get; init; } = [];

    internal int Least { get; init; }

    internal int Most { get; init; } = Dfa.Unbounded;

    /// <summary>What keys may be, or null for anything.</summary>
    internal Dfa? Keys { get; init; }

    internal ObjectRange? Intersect(ObjectRange other)
    {
        ObjectRange result = new()
        {
            Layers = [.. Layers, .. other.Layers.Where(layer => !Layers.Contains(layer))],
            Required = [.. Required, .. other.Required.Except(Required)],
            Dependencies = [.. Dependencies, .. other.Dependencies.Except(Dependencies)],
            Least = Math.Max(Least, other.Least),
            Most = Math.Min(Most, other.Most),
            Keys = Keys is null ? other.Keys : other.Keys is null ? Keys : DfaAlgebra.Intersect(Keys, other.Keys),
        };
        return result.Least > result.Most || result.Required.Count > result.Most ? null : result;
    }

    /// <summary>All conditions on the value of a key.</summary>
    internal Conjunction ValueOf(string key) => Conjunction.Of(Layers.SelectMany(layer => layer.ValueOf(key).Atoms));
}
