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

    /// <summary>Of each of these, at least one key with a value that meets the condition must be there.</summary>
    internal IReadOnlyList<(Dfa Keys, Conjunction Value)> Witnesses { get; init; } = [];

    /// <summary>Keys that schemas have looked at, for unevaluatedProperties; empty where no schema asks.</summary>
    internal IReadOnlyList<ObjectLayer> Evaluated { get; init; } = [];

    /// <summary>All keys have been looked at.</summary>
    internal bool AllEvaluated { get; init; }

    internal ObjectRange? Intersect(ObjectRange other)
    {
        ObjectRange result = new()
        {
            Layers = [.. Layers, .. other.Layers.Where(layer => !Layers.Contains(layer))],
            Required = [.. Required, .. other.Required.Except(Required)],
            Dependencies = [.. Dependencies, .. other.Dependencies.Except(Dependencies)],
            Least = Math.Max(Least, other.Least),
            Most = Math.Min(Most, other.Most),
            Witnesses = [.. Witnesses, .. other.Witnesses.Except(Witnesses)],
            Evaluated = [.. Evaluated, .. other.Evaluated.Except(Evaluated)],
            AllEvaluated = AllEvaluated || other.AllEvaluated,
            Keys = Keys is null ? other.Keys : other.Keys is null ? Keys : DfaAlgebra.Intersect(Keys, other.Keys),
        };
        return result.Least > result.Most || result.Required.Count > result.Most ? null : result;
    }

    /// <summary>All conditions on the value of a key.</summary>
    internal Conjunction ValueOf(string key) => Conjunction.Of(Layers.SelectMany(layer => layer.ValueOf(key).Atoms));
}
