using System.Text.Json;
using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

internal sealed partial class SchemaReader
{
    private static readonly string[] Branching = ["anyOf", "oneOf", "not", "if", "dependentSchemas", "dependencies", "$dynamicRef"];

    private ArrayRange ReadArrays(JsonElement schema, string pointer)
    {
        ArrayRange range = ArrayRange.All;
        List<Conjunction> first = [];
        string restKeyword = "items";
        if (schema.TryGetProperty("prefixItems", out JsonElement prefix)) first = Each(prefix, pointer + "/prefixItems");
        if (schema.TryGetProperty("items", out JsonElement items) && items.ValueKind == JsonValueKind.Array)
        {
            // Drafts before 2020-12 wrote the first items so.
            if (first.Count > 0) throw new ConstraintException(pointer + "/items", "with prefixItems, a single schema is needed.");
            first = Each(items, pointer + "/items");
            restKeyword = "additionalItems";
        }

        range = range with { First = first };
        if (schema.TryGetProperty(restKeyword, out JsonElement rest)) range = range with { Rest = Condition(rest, $"{pointer}/{restKeyword}") };
        range = range with { Least = Count(schema, pointer, "minItems") ?? 0, Most = Count(schema, pointer, "maxItems") ?? Dfa.Unbounded };
        if (schema.TryGetProperty("uniqueItems", out JsonElement unique) && unique.ValueKind == JsonValueKind.True) range = range with { DistinctPointer = pointer + "/uniqueItems" };
        if (schema.TryGetProperty("contains", out JsonElement contains))
        {
            int least = Count(schema, pointer, "minContains") ?? 1, most = Count(schema, pointer, "maxContains") ?? Dfa.Unbounded;
            if (least > 0 || most != Dfa.Unbounded) range = range with { Contains = [new Containment(Atom(pointer + "/contains", contains), least, most, pointer + "/contains")] };
        }

        if (schema.TryGetProperty("unevaluatedItems", out JsonElement unevaluated) && unevaluated.ValueKind != JsonValueKind.True)
        {
            string? branch = Branching.Append("allOf").Append("$ref").Append("contains").FirstOrDefault(k => schema.TryGetProperty(k, out _));
            if (branch is not null) throw new ConstraintException(pointer + "/unevaluatedItems", $"beside {branch} it cannot be enforced. Write items.");
            if (!schema.TryGetProperty(restKeyword, out _)) range = range with { Rest = Condition(unevaluated, pointer + "/unevaluatedItems") };
        }

        return range;
    }

    private List<Conjunction> Each(JsonElement schemas, string pointer)
    {
        if (schemas.ValueKind != JsonValueKind.Array) throw new ConstraintException(pointer, "a list of schemas is needed.");
        return [.. schemas.EnumerateArray().Select((item, i) => Condition(item, $"{pointer}/{i}"))];
    }

    private Conjunction Condition(JsonElement schema, string pointer) =>
        schema.ValueKind == JsonValueKind.True ? Conjunction.Any : Conjunction.Of(Atom(pointer, schema));

    private ObjectRange ReadObjects(JsonElement schema, string pointer)
    {
        ObjectRange range = ObjectRange.All with { Least = Count(schema, pointer, "minProperties") ?? 0, Most = Count(schema, pointer, "maxProperties") ?? Dfa.Unbounded };
        if (ReadLayer(schema, pointer) is { } layer) range = range with { Layers = [layer] };
        if (schema.TryGetProperty("required", out JsonElement required) && required.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) range = range with { Required = Names(required, pointer + "/required") };
        if (schema.TryGetProperty("propertyNames", out JsonElement names)) range = range with { Keys = KeysOf(Condition(names, pointer + "/propertyNames")) };
        List<(string, string)> dependencies = [];
        foreach (string keyword in (string[])["dependentRequired", "dependencies"])
        {
            if (!schema.TryGetProperty(keyword, out JsonElement needs)) continue;
            foreach (JsonProperty entry in Members(needs, $"{pointer}/{keyword}"))
            {
                if (entry.Value.ValueKind == JsonValueKind.Array)
                    dependencies.AddRange(Names(entry.Value, $"{pointer}/{keyword}/{SchemaDocument.Escape(entry.Name)}").Select(name => (entry.Name, name)));
            }
        }

        range = range with { Dependencies = dependencies };
        if (schema.TryGetProperty("unevaluatedProperties", out JsonElement unevaluated) && unevaluated.ValueKind != JsonValueKind.True)
        {
            ObjectLayer? closing = ClosingLayer(schema, pointer, Condition(unevaluated, pointer + "/unevaluatedProperties"));
            if (closing is not null) range = range with { Layers = [.. range.Layers, closing] };
        }

        return range;
    }

    private ObjectLayer? ReadLayer(JsonElement schema, string pointer)
    {
        List<(string, Conjunction)> properties = [];
        List<(Dfa, Conjunction)> patterns = [];
        if (schema.TryGetProperty("properties", out JsonElement declared))
        {
            foreach (JsonProperty property in Members(declared, pointer + "/properties"))
                properties.Add((property.Name, Condition(property.Value, $"{pointer}/properties/{SchemaDocument.Escape(property.Name)}")));
        }

        if (schema.TryGetProperty("patternProperties", out JsonElement byPattern))
        {
            foreach (JsonProperty property in Members(byPattern, pointer + "/patternProperties"))
            {
                string at = $"{pointer}/patternProperties/{SchemaDocument.Escape(property.Name)}";
                patterns.Add((Pattern(property.Name, at), Condition(property.Value, at)));
            }
        }

        Conjunction additional = schema.TryGetProperty("additionalProperties", out JsonElement others) ? Condition(others, pointer + "/additionalProperties") : Conjunction.Any;
        return properties.Count + patterns.Count + additional.Atoms.Length == 0 ? null : new ObjectLayer { Properties = properties, Patterns = patterns, Additional = additional };
    }

    /// <summary>
    /// What unevaluatedProperties says, where it is certain which schemas speak of the value: the one it stands in, and those it
    /// refers to without conditions.
    /// </summary>
    private ObjectLayer? ClosingLayer(JsonElement schema, string pointer, Conjunction unevaluated)
    {
        List<(string, Conjunction)> properties = [];
        List<(Dfa, Conjunction)> patterns = [];
        return Collect(schema, pointer, outermost: true) ? new ObjectLayer { Properties = properties, Patterns = patterns, Additional = unevaluated } : null;

        bool Collect(JsonElement part, string at, bool outermost)
        {
            if (part.ValueKind != JsonValueKind.Object) return true;
            string? branch = Branching.FirstOrDefault(k => part.TryGetProperty(k, out _));
            if (branch is not null) throw new ConstraintException(pointer + "/unevaluatedProperties", $"beside {branch} it cannot be enforced. Write additionalProperties in each alternative.");
            if (part.TryGetProperty("additionalProperties", out _) || (!outermost && part.TryGetProperty("unevaluatedProperties", out _))) return false;
            if (ReadLayer(part, at) is { } layer)
            {
                properties.AddRange(layer.Properties.Select(p => (p.Key, Conjunction.Any)));
                patterns.AddRange(layer.Patterns.Select(p => (p.Keys, Conjunction.Any)));
            }

            if (part.TryGetProperty("$ref", out JsonElement reference) && reference.ValueKind == JsonValueKind.String)
            {
                (string target, JsonElement element) = document.Resolve(reference.GetString()!, at, "$ref");
                if (!Collect(element, target, outermost: false)) return false;
            }

            if (!part.TryGetProperty("allOf", out JsonElement all) || all.ValueKind != JsonValueKind.Array) return true;
            int i = 0;
            foreach (JsonElement item in all.EnumerateArray())
            {
                if (!Collect(item, $"{at}/allOf/{i++}", outermost: false)) return false;
            }

            return true;
        }
    }

    private Dfa KeysOf(Conjunction condition)
    {
        Dfa keys = DfaAlgebra.Empty;
        foreach (StringRange range in Read(condition).Strings) keys = DfaAlgebra.Union(keys, range.ToDfa());
        return keys;
    }

    private static List<string> Names(JsonElement names, string pointer)
    {
        if (names.ValueKind != JsonValueKind.Array) throw new ConstraintException(pointer, "a list of names is needed.");
        return [.. names.EnumerateArray().Select((name, i) => name.ValueKind == JsonValueKind.String ? name.GetString()! : throw new ConstraintException($"{pointer}/{i}", "a name is needed.")).Distinct()];
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement value, string pointer) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw new ConstraintException(pointer, "an object is needed.");
}
