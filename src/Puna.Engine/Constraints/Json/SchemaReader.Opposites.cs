using System.Text.Json;
using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Json;

/// <content>Values that a schema does not allow.</content>
internal sealed partial class SchemaReader
{
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

        return failing.WithoutEvaluated();
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
            case "oneOf": return NotJustOne(Parts(schema, pointer, keyword));
            case "$ref": return Read(Opposite(Referred(value, pointer, keyword)));
            case "allOf": return Parts(schema, pointer, keyword).Aggregate(ValueSet.Nothing, (sum, part) => sum.Union(Read(Opposite(part))));
            case "anyOf": return Parts(schema, pointer, keyword).Aggregate(ValueSet.Everything, (all, part) => all.Intersect(Read(Opposite(part))));
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum": return Numbers(FailingBound(keyword, Number(value, at)));
            case "minLength": return Strings(StringRange.All with { Most = (Count(schema, pointer, keyword) ?? 0) - 1 });
            case "maxLength": return Strings(StringRange.All with { Least = Above(Count(schema, pointer, keyword)!.Value, at) });
            case "multipleOf": return Numbers(new NumberRange { NotMultipleOf = [Number(value, at)] });
            case "format": return Format(value, at) is { } form ? Strings(StringRange.Of(DfaAlgebra.Complement(form.ToDfa()))) : ValueSet.Nothing;
            case "pattern": return Strings(StringRange.Of(DfaAlgebra.Complement(Pattern(value, at))));
            case "minItems": return Arrays(new ArrayRange { Most = (Count(schema, pointer, keyword) ?? 0) - 1 });
            case "maxItems": return Arrays(new ArrayRange { Least = Above(Count(schema, pointer, keyword)!.Value, at) });
            case "minProperties": return Objects(new ObjectRange { Most = (Count(schema, pointer, keyword) ?? 0) - 1 });
            case "maxProperties": return Objects(new ObjectRange { Least = Above(Count(schema, pointer, keyword)!.Value, at) });
            case "required": return Names(value, at).Aggregate(ValueSet.Nothing, (sum, key) => sum.Union(Objects(ObjectWith(key, Impossible))));
            case "properties":
                return Members(value, at).Aggregate(ValueSet.Nothing, (sum, p) => sum.Union(Objects(
                    ObjectWith(p.Name, Conjunction.Of(Opposite(Atom($"{at}/{SchemaDocument.Escape(p.Name)}", p.Value)))) with { Required = [p.Name] })));
            case "patternProperties":
                return Members(value, at).Aggregate(ValueSet.Nothing, (sum, p) => sum.Union(Objects(
                    Witness(Pattern(p.Name, at), Opposite(Atom($"{at}/{SchemaDocument.Escape(p.Name)}", p.Value))))));
            case "additionalProperties": return Objects(Witness(Undeclared(schema, pointer), Opposite(Atom(at, value))));
            case "propertyNames": return Objects(new ObjectRange { Witnesses = [(DfaAlgebra.Complement(KeysOf(Condition(value, at))), Conjunction.Any)] });
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                return Members(value, at).Aggregate(ValueSet.Nothing, (sum, p) => sum.Union(FailingDependency(p, $"{at}/{SchemaDocument.Escape(p.Name)}")));
            case "prefixItems" or "items" when value.ValueKind == JsonValueKind.Array:
                return Each(value, at).Select((_, i) => Arrays(ItemAt(i, Opposite(Atom($"{at}/{i}", value[i]))))).Aggregate(ValueSet.Nothing, (sum, one) => sum.Union(one));
            case "items" or "additionalItems": return LaterItem(schema, value, keyword, at);
            case "contains":
                int least = Count(schema, pointer, "minContains") ?? 1, most = Count(schema, pointer, "maxContains") ?? Dfa.Unbounded;
                ValueSet few = least == 0 ? ValueSet.Nothing : Arrays(new ArrayRange { Contains = [new Containment(Atom(at, value), 0, least - 1, at)] });
                return most == Dfa.Unbounded ? few : few.Union(Arrays(new ArrayRange { Contains = [new Containment(Atom(at, value), Above(most, at), Dfa.Unbounded, at)] }));
            case "uniqueItems" or "unevaluatedItems" or "unevaluatedProperties" when value.ValueKind == (keyword == "uniqueItems" ? JsonValueKind.False : JsonValueKind.True):
                return ValueSet.Nothing;
            case "minContains" or "maxContains" or "then" or "else": return ValueSet.Nothing; // with contains, with if
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

    /// <summary>Values of no alternative, and those of two or more.</summary>
    private ValueSet NotJustOne(List<SchemaAtom> parts)
    {
        ValueSet result = parts.Aggregate(ValueSet.Everything, (all, part) => all.Intersect(Read(Opposite(part))));
        for (int i = 0; i < parts.Count; i++)
        {
            for (int j = i + 1; j < parts.Count; j++) result = result.Union(Read(parts[i]).Intersect(Read(parts[j])));
        }

        return result;
    }

    private ValueSet FailingDependency(JsonProperty dependency, string pointer)
    {
        ValueSet having = Objects(new ObjectRange { Required = [dependency.Name] });
        return dependency.Value.ValueKind == JsonValueKind.Array
            ? Names(dependency.Value, pointer).Aggregate(ValueSet.Nothing, (sum, name) => sum.Union(having.Intersect(Lacking(name))))
            : having.Intersect(Read(Opposite(Atom(pointer, dependency.Value))));
    }

    /// <summary>Keys that neither properties nor patternProperties speak of.</summary>
    private static Dfa Undeclared(JsonElement schema, string pointer)
    {
        Dfa keys = DfaAlgebra.Universal;
        if (schema.TryGetProperty("properties", out JsonElement declared)) keys = DfaAlgebra.Complement(DfaAlgebra.OfWords([.. Members(declared, pointer + "/properties").Select(p => p.Name)]));
        if (!schema.TryGetProperty("patternProperties", out JsonElement patterns)) return keys;
        return Members(patterns, pointer + "/patternProperties").Aggregate(keys, (rest, p) => DfaAlgebra.Subtract(rest, Pattern(p.Name, $"{pointer}/patternProperties/{SchemaDocument.Escape(p.Name)}")));
    }

    private static ObjectRange Witness(Dfa keys, SchemaAtom value) => new() { Witnesses = [(keys, Conjunction.Of(value))] };

    /// <summary>Arrays with some item behind the first ones that fails.</summary>
    private ValueSet LaterItem(JsonElement schema, JsonElement value, string keyword, string at)
    {
        JsonElement prefix = default;
        bool hasPrefix = keyword == "items" ? schema.TryGetProperty("prefixItems", out prefix) : schema.TryGetProperty("items", out prefix) && prefix.ValueKind == JsonValueKind.Array;
        if (keyword == "additionalItems" && !hasPrefix) return ValueSet.Nothing;
        if (!hasPrefix || prefix.GetArrayLength() == 0) return Arrays(new ArrayRange { Contains = [new Containment(Opposite(Atom(at, value)), 1, Dfa.Unbounded, at)] });
        if (value.ValueKind == JsonValueKind.True) return ValueSet.Nothing;
        if (value.ValueKind == JsonValueKind.False) return Arrays(new ArrayRange { Least = prefix.GetArrayLength() + 1 });
        throw new ConstraintException(at, "that an item behind the first ones differs from this cannot be enforced.");
    }

    /// <summary>Arrays with an item at this place that meets a condition.</summary>
    private static ArrayRange ItemAt(int index, SchemaAtom item) =>
        new() { First = [.. Enumerable.Repeat(Conjunction.Any, index), Conjunction.Of(item)], Least = index + 1 };

    private static IEnumerable<T> OtherThan<T>(int count, Func<int, int, T> between)
    {
        if (count > 0) yield return between(0, count - 1);
        yield return between(count + 1, Dfa.Unbounded);
    }
}
