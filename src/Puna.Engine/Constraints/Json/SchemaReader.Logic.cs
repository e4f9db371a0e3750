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
        if (schema.TryGetProperty("anyOf", out _)) set = set.Intersect(AnyOf(Parts(schema, pointer, "anyOf"), pointer + "/anyOf"));
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
        if (!hasThen && !hasElse && !document.HasUnevaluated) return set;

        ValueSet met = Read(condition), unmet = Read(Opposite(condition));
        if (hasThen) met = met.Intersect(Read(Atom(pointer + "/then", then)));
        if (hasElse) unmet = unmet.Intersect(Read(Atom(pointer + "/else", otherwise)));
        return set.Intersect(met.Union(unmet));
    }

    private ValueSet AnyOf(List<SchemaAtom> parts, string pointer)
    {
        const int MaxTogether = 6;
        if (!document.HasUnevaluated) return parts.Aggregate(ValueSet.Nothing, (sum, part) => sum.Union(Read(part)));
        if (parts.Count > MaxTogether) throw new ConstraintException(pointer, $"unevaluatedProperties or unevaluatedItems depends on which of the alternatives hold together; {MaxTogether} are told apart, here are {parts.Count}. Write additionalProperties in each alternative.");

        // Some of them together: what each has looked at counts.
        ValueSet some = ValueSet.Nothing;
        foreach (SchemaAtom part in parts)
        {
            ValueSet one = Read(part);
            some = some.Union(some.Intersect(one)).Union(one);
        }

        return some;
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
    private ValueSet AllBut(JsonElement value, string pointer)
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
            case JsonValueKind.Array:
                SchemaAtom[] items = [.. value.EnumerateArray().Select((item, i) => Opposite(Atom($"{pointer}/{i}", item, constant: true)))];
                return ValueSet.Everything with
                {
                    Arrays = [.. OtherThan(items.Length, (least, most) => new ArrayRange { Least = least, Most = most }), .. items.Select((item, i) => ItemAt(i, item))],
                };
            default:
                JsonProperty[] members = [.. value.EnumerateObject()];
                Dfa others = DfaAlgebra.Complement(DfaAlgebra.OfWords([.. members.Select(m => m.Name)]));
                return ValueSet.Everything with
                {
                    Objects =
                    [
                        new ObjectRange { Witnesses = [(others, Conjunction.Any)] },
                        .. members.Select(m => ObjectWith(m.Name, Impossible)),
                        .. members.Select(m => ObjectWith(m.Name, Conjunction.Of(Opposite(Atom($"{pointer}/{SchemaDocument.Escape(m.Name)}", m.Value, constant: true)))) with { Required = [m.Name] }),
                    ],
                };
        }
    }
}
