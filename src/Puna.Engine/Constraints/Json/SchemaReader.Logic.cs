using System.Text.Json;
using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

internal sealed partial class SchemaReader
{
    private const int MaxProofDepth = 5;

    /// <summary>Narrows a set by the keywords that combine schemas.</summary>
    private ValueSet Combine(ValueSet set, JsonElement schema, string pointer)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference)) set = set.Intersect(Read(Referred(reference, pointer, "$ref")));
        if (schema.TryGetProperty("$dynamicRef", out JsonElement dynamic)) set = set.Intersect(Read(ReferredDynamically(dynamic, pointer)));
        foreach (SchemaAtom part in Parts(schema, pointer, "allOf")) set = set.Intersect(Read(part));
        if (schema.TryGetProperty("anyOf", out _)) set = set.Intersect(Parts(schema, pointer, "anyOf").Aggregate(ValueSet.Nothing, (sum, part) => sum.Union(Read(part))));
        if (schema.TryGetProperty("oneOf", out _)) set = ExactlyOne(set, Parts(schema, pointer, "oneOf"), pointer + "/oneOf");
        if (schema.TryGetProperty("not", out JsonElement not)) set = set.Intersect(Read(Opposite(Atom(pointer + "/not", not))));
        if (schema.TryGetProperty("if", out JsonElement condition)) set = Conditional(set, schema, Atom(pointer + "/if", condition), pointer);
        foreach (string keyword in (string[])["dependentSchemas", "dependencies"])
        {
            if (!schema.TryGetProperty(keyword, out JsonElement dependent)) continue;
            foreach (JsonProperty entry in Members(dependent, $"{pointer}/{keyword}"))
            {
                if (entry.Value.ValueKind == JsonValueKind.Array) continue;
                ValueSet with = Read(Atom($"{pointer}/{keyword}/{SchemaDocument.Escape(entry.Name)}", entry.Value)).Intersect(Having(entry.Name));
                set = set.Intersect(Lacking(entry.Name).Union(with));
            }
        }

        return set;
    }

    private SchemaAtom Referred(JsonElement reference, string pointer, string keyword)
    {
        if (reference.ValueKind != JsonValueKind.String) throw new ConstraintException($"{pointer}/{keyword}", "a URI reference is needed.");
        (string target, JsonElement element) = document.Resolve(reference.GetString()!, pointer, keyword);
        return Atom(target, element);
    }

    private SchemaAtom ReferredDynamically(JsonElement reference, string pointer)
    {
        string name = reference.ValueKind == JsonValueKind.String ? reference.GetString()!.Split('#')[^1] : "";
        if (!document.IsUniqueDynamicAnchor(name)) throw new ConstraintException(pointer + "/$dynamicRef", $"several schemas have the dynamic anchor '{name}'; which one is meant depends on the way here. Write $ref.");
        return Referred(reference, pointer, "$dynamicRef");
    }

    private List<SchemaAtom> Parts(JsonElement schema, string pointer, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out JsonElement parts)) return [];
        if (parts.ValueKind != JsonValueKind.Array || parts.GetArrayLength() == 0) throw new ConstraintException($"{pointer}/{keyword}", "a list of schemas is needed.");
        return [.. parts.EnumerateArray().Select((part, i) => Atom($"{pointer}/{keyword}/{i}", part))];
    }

    private ValueSet Conditional(ValueSet set, JsonElement schema, SchemaAtom condition, string pointer)
    {
        bool hasThen = schema.TryGetProperty("then", out JsonElement then), hasElse = schema.TryGetProperty("else", out JsonElement otherwise);
        if (!hasThen && !hasElse) return set;

        ValueSet met = Read(condition), unmet = Read(Opposite(condition));
        if (hasThen) met = met.Intersect(Read(Atom(pointer + "/then", then)));
        if (hasElse) unmet = unmet.Intersect(Read(Atom(pointer + "/else", otherwise)));
        return set.Intersect(met.Union(unmet));
    }

    /// <summary>The union of alternatives of which no two hold at once; from those that may, the others are taken out.</summary>
    private ValueSet ExactlyOne(ValueSet set, List<SchemaAtom> parts, string pointer)
    {
        ValueSet[] sets = [.. parts.Select(part => set.Intersect(Read(part)))];
        ValueSet result = ValueSet.Nothing;
        for (int i = 0; i < sets.Length; i++)
        {
            ValueSet only = sets[i];
            for (int j = 0; j < sets.Length; j++)
            {
                if (i == j || IsImpossible(only.Intersect(sets[j]), 0)) continue;
                try
                {
                    only = only.Intersect(Read(Opposite(parts[j])));
                }
                catch (ConstraintException error)
                {
                    throw new ConstraintException(pointer, $"the alternatives {i} and {j} may hold at once, and that cannot be excluded exactly ({error.Pointer}: {error.Reason}) Write anyOf, or make them differ in a required constant.", error);
                }
            }

            result = result.Union(only);
        }

        return result;
    }

    /// <summary>True when it is certain that no value is in the set.</summary>
    private bool IsImpossible(ValueSet set, int depth)
    {
        if (set.Null || set.True || set.False) return false;
        if (set.Numbers.Any(range => !NumberAutomaton.Of(range).IsEmpty) || set.Strings.Count > 0) return false;
        if (depth == MaxProofDepth) return set.IsEmpty;
        return set.Objects.All(range => range.Required.Any(key => IsImpossible(range.ValueOf(key), key, range, depth + 1)))
            && set.Arrays.All(range => Enumerable.Range(0, Math.Min(range.Least, range.First.Count + 1)).Any(i => IsImpossible(Read(range.Item(i)), depth + 1)));
    }

    private bool IsImpossible(Conjunction value, string key, ObjectRange range, int depth)
    {
        if (range.Keys is not null && !range.Keys.Accepts(key)) return true;
        if (value.Atoms.Any(atom => _open.Contains(atom.Id))) return false; // being read: nothing is known yet
        return IsImpossible(Read(value), depth);
    }

    /// <summary>All values but objects without this key.</summary>
    private static ValueSet Having(string key) => ValueSet.Everything with { Objects = [new ObjectRange { Required = [key] }] };

    /// <summary>All values but objects with this key.</summary>
    private ValueSet Lacking(string key) => ValueSet.Everything with { Objects = [ObjectWith(key, Impossible)] };

    private static ObjectRange ObjectWith(string key, Conjunction value) => new() { Layers = [new ObjectLayer { Properties = [(key, value)] }] };

    /// <summary>All values but one.</summary>
    private static ValueSet AllBut(JsonElement value, string pointer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null: return ValueSet.Everything with { Null = false };
            case JsonValueKind.True: return ValueSet.Everything with { True = false };
            case JsonValueKind.False: return ValueSet.Everything with { False = false };
            case JsonValueKind.String: return ValueSet.Everything with { Strings = [StringRange.Of(DfaAlgebra.Complement(DfaAlgebra.OfWords([value.GetString()!])))] };
            case JsonValueKind.Number:
                JsonDecimal number = Number(value, pointer);
                return ValueSet.Everything with { Numbers = [NumberRange.All.To(number, exclusive: true), NumberRange.All.From(number, exclusive: true)] };
            default: throw new ConstraintException(pointer, "that a value differs from an object or an array cannot be enforced.");
        }
    }

    /// <summary>Values that a schema does not allow: those that fail at least one keyword.</summary>
    private ValueSet ReadNegated(JsonElement schema, string pointer)
    {
        if (schema.ValueKind == JsonValueKind.True) return ValueSet.Nothing;
        if (schema.ValueKind == JsonValueKind.False) return ValueSet.Everything;
        if (schema.ValueKind != JsonValueKind.Object) throw new ConstraintException(pointer, "a schema is an object, true or false.");

        CheckKeywords(schema, pointer);
        ValueSet failing = ValueSet.Nothing;
        foreach (JsonProperty property in schema.EnumerateObject())
        {
            if (SchemaKeywords.Assertions.Contains(property.Name)) failing = failing.Union(Failing(schema, property.Name, property.Value, pointer));
        }

        return failing;
    }

    private ValueSet Failing(JsonElement schema, string keyword, JsonElement value, string pointer)
    {
        string at = pointer + "/" + keyword;
        switch (keyword)
        {
            case "type": return OtherTypes(Types(value, at));
            case "const": return AllBut(value, at);
            case "enum": return value.EnumerateArray().Select((item, i) => AllBut(item, $"{at}/{i}")).Aggregate(ValueSet.Everything, (all, one) => all.Intersect(one));
            case "not": return Read(Atom(at, value));
            case "$ref": return Read(Opposite(Referred(value, pointer, keyword)));
            case "allOf": return Parts(schema, pointer, keyword).Aggregate(ValueSet.Nothing, (sum, part) => sum.Union(Read(Opposite(part))));
            case "anyOf": return Parts(schema, pointer, keyword).Aggregate(ValueSet.Everything, (all, part) => all.Intersect(Read(Opposite(part))));
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum": return Numbers(FailingBound(keyword, Number(value, at)));
            case "minLength": return Strings(StringRange.All with { Most = (Count(schema, pointer, keyword) ?? 0) - 1 });
            case "maxLength": return Strings(StringRange.All with { Least = Above(Count(schema, pointer, keyword)!.Value, at) });
            case "pattern": return Strings(StringRange.Of(DfaAlgebra.Complement(Pattern(value, at))));
            case "minItems": return Arrays(new ArrayRange { Most = (Count(schema, pointer, keyword) ?? 0) - 1 });
            case "maxItems": return Arrays(new ArrayRange { Least = Above(Count(schema, pointer, keyword)!.Value, at) });
            case "minProperties": return Objects(new ObjectRange { Most = (Count(schema, pointer, keyword) ?? 0) - 1 });
            case "maxProperties": return Objects(new ObjectRange { Least = Above(Count(schema, pointer, keyword)!.Value, at) });
            case "required": return Names(value, at).Aggregate(ValueSet.Nothing, (sum, key) => sum.Union(Objects(ObjectWith(key, Impossible))));
            case "properties":
                return Members(value, at).Aggregate(ValueSet.Nothing, (sum, p) => sum.Union(Objects(
                    ObjectWith(p.Name, Conjunction.Of(Opposite(Atom($"{at}/{SchemaDocument.Escape(p.Name)}", p.Value)))) with { Required = [p.Name] })));
            case "items" when value.ValueKind != JsonValueKind.Array && !schema.TryGetProperty("prefixItems", out _):
                return Arrays(new ArrayRange { Contains = [new Containment(Opposite(Atom(at, value)), 1, Dfa.Unbounded, at)] });
            case "contains" when !schema.TryGetProperty("minContains", out _) && !schema.TryGetProperty("maxContains", out _):
                return Arrays(new ArrayRange { Rest = Conjunction.Of(Opposite(Atom(at, value))) });
            case "additionalProperties" when value.ValueKind == JsonValueKind.True: return ValueSet.Nothing;
            case "then" or "else": return ValueSet.Nothing; // with if
            case "if":
                SchemaAtom condition = Atom(at, value);
                ValueSet result = ValueSet.Nothing;
                if (schema.TryGetProperty("then", out JsonElement then)) result = result.Union(Read(condition).Intersect(Read(Opposite(Atom(pointer + "/then", then)))));
                if (schema.TryGetProperty("else", out JsonElement otherwise)) result = result.Union(Read(Opposite(condition)).Intersect(Read(Opposite(Atom(pointer + "/else", otherwise)))));
                return result;
            default:
                throw new ConstraintException(at, "the opposite of this is needed here (for not, if or oneOf) and cannot be enforced.");
        }
    }

    private static ValueSet Numbers(NumberRange range) => new() { Numbers = [range] };

    private static ValueSet Strings(StringRange range) => range.Least > range.Most ? ValueSet.Nothing : new ValueSet { Strings = [range] };

    private static ValueSet Arrays(ArrayRange range) => range.Least > range.Most ? ValueSet.Nothing : new ValueSet { Arrays = [range] };

    private static ValueSet Objects(ObjectRange range) => range.Least > range.Most ? ValueSet.Nothing : new ValueSet { Objects = [range] };

    private static int Above(int count, string pointer) => count < Dfa.Unbounded - 1 ? count + 1 : throw new ConstraintException(pointer, "the number is too large.");

    private static NumberRange FailingBound(string keyword, JsonDecimal bound) => keyword switch
    {
        "minimum" => NumberRange.All.To(bound, exclusive: true),
        "exclusiveMinimum" => NumberRange.All.To(bound, exclusive: false),
        "maximum" => NumberRange.All.From(bound, exclusive: true),
        _ => NumberRange.All.From(bound, exclusive: false),
    };

    private static ValueSet OtherTypes(ValueSet types) => new()
    {
        Null = !types.Null,
        True = !types.True,
        False = !types.False,
        Numbers = types.Numbers.Count == 0 ? [NumberRange.All] : types.Numbers.Contains(NumberRange.All) ? [] : [new NumberRange { Whole = false }],
        Strings = types.Strings.Count == 0 ? [StringRange.All] : [],
        Arrays = types.Arrays.Count == 0 ? [ArrayRange.All] : [],
        Objects = types.Objects.Count == 0 ? [ObjectRange.All] : [],
    };
}
