using System.Text.Json;
using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

internal sealed partial class SchemaReader
{
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

        if (document.HasUnevaluated)
        {
            bool all = schema.TryGetProperty(restKeyword, out _);
            range = range with { Evaluated = all ? Dfa.Unbounded : first.Count, EvaluatedBy = schema.TryGetProperty("contains", out JsonElement met) ? [Atom(pointer + "/contains", met)] : [] };
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
        if (document.HasUnevaluated)
            range = range with { Evaluated = [.. range.Layers.Select(own => new ObjectLayer { Properties = [.. own.Properties.Select(p => (p.Key, Conjunction.Any))], Patterns = [.. own.Patterns.Select(p => (p.Keys, Conjunction.Any))] })], AllEvaluated = schema.TryGetProperty("additionalProperties", out _) };

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
    /// Narrows keys and items that no schema has looked at. Every alternative of the set tells which those are: a value under several
    /// of them has been looked at by all of these, and what is looked at only ever allows more.
    /// </summary>
    private ValueSet Unevaluated(ValueSet set, JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("unevaluatedProperties", out JsonElement keys))
        {
            Conjunction condition = Condition(keys, pointer + "/unevaluatedProperties");
            set = set with { Objects = [.. set.Objects.Select(Close)] };

            ObjectRange Close(ObjectRange range)
            {
                if (range.AllEvaluated) return range;
                ObjectLayer layer = new()
                {
                    Properties = [.. range.Evaluated.SelectMany(e => e.Properties).DistinctBy(p => p.Key)],
                    Patterns = [.. range.Evaluated.SelectMany(e => e.Patterns).Distinct()],
                    Additional = condition,
                };
                return range with { Layers = [.. range.Layers, layer], Evaluated = [], AllEvaluated = true };
            }
        }

        if (schema.TryGetProperty("unevaluatedItems", out JsonElement items))
        {
            set = set with { Arrays = [.. set.Arrays.Select(Close)] };

            ArrayRange Close(ArrayRange range)
            {
                if (range.Evaluated == Dfa.Unbounded) return range;
                Conjunction condition = range.EvaluatedBy.Count == 0 ? Condition(items, pointer + "/unevaluatedItems") : Either(range.EvaluatedBy, items, pointer + "/unevaluatedItems");
                int first = Math.Max(range.Evaluated, range.First.Count);
                return range with
                {
                    First = [.. Enumerable.Range(0, first).Select(i => i < range.Evaluated ? range.Item(i) : range.Item(i).With(condition))],
                    Rest = range.Rest.With(condition),
                    Evaluated = Dfa.Unbounded,
                    EvaluatedBy = [],
                };
            }
        }

        return set;
    }

    /// <summary>The condition that one of several schemas allows the value.</summary>
    private Conjunction Either(IReadOnlyList<SchemaAtom> schemas, JsonElement last, string pointer)
    {
        string text = $"{{\"anyOf\":[{string.Join(',', schemas.Select(s => s.Element.GetRawText()).Append(last.GetRawText()))}]}}";
        using JsonDocument any = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 512 });
        return Conjunction.Of(Atom($"{pointer} or {string.Join(' ', schemas.Select(s => s.Pointer))}", any.RootElement.Clone()));
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
