using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Puna.Tests.Constraints;

/// <summary>
/// A plain validator of draft 2020-12, written after the specification's words: looks at a whole value and says whether it is valid.
/// It shares nothing with the automata it checks. Formats are not looked at.
/// </summary>
internal sealed class SchemaOracle
{
    private readonly JsonElement _root;

    internal SchemaOracle(JsonElement schema) => _root = schema;

    internal bool IsValid(JsonElement value) => Check(_root, value) is not null;

    /// <summary>What a schema has looked at in a value that it allows.</summary>
    private sealed class Looked
    {
        internal HashSet<string> Keys { get; } = [];

        internal HashSet<int> Items { get; } = [];

        internal void Add(Looked other)
        {
            Keys.UnionWith(other.Keys);
            Items.UnionWith(other.Items);
        }
    }

    private Looked? Check(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind == JsonValueKind.True) return new Looked();
        if (schema.ValueKind != JsonValueKind.Object) return null;

        Looked looked = new();
        if (schema.TryGetProperty("type", out JsonElement type) && !(type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Any(t => IsOfType(value, t.GetString()!)) : IsOfType(value, type.GetString()!))) return null;
        if (schema.TryGetProperty("const", out JsonElement constant) && !AreEqual(constant, value)) return null;
        if (schema.TryGetProperty("enum", out JsonElement choices) && !choices.EnumerateArray().Any(c => AreEqual(c, value))) return null;
        if (value.ValueKind == JsonValueKind.Number && !CheckNumber(schema, value)) return null;
        if (value.ValueKind == JsonValueKind.String && !CheckString(schema, value.GetString()!)) return null;
        if (value.ValueKind == JsonValueKind.Array && !CheckArray(schema, value, looked)) return null;
        if (value.ValueKind == JsonValueKind.Object && !CheckObject(schema, value, looked)) return null;
        return CheckLogic(schema, value, looked) && CheckRest(schema, value, looked) ? looked : null;
    }

    private bool CheckLogic(JsonElement schema, JsonElement value, Looked looked)
    {
        foreach (string keyword in (string[])["$ref", "$dynamicRef"])
        {
            if (schema.TryGetProperty(keyword, out JsonElement reference) && !Must(Resolve(reference.GetString()!))) return false;
        }

        if (schema.TryGetProperty("allOf", out JsonElement all) && !all.EnumerateArray().All(Must)) return false;
        if (schema.TryGetProperty("anyOf", out JsonElement any) && any.EnumerateArray().Where(Must).ToArray().Length == 0) return false;
        if (schema.TryGetProperty("oneOf", out JsonElement one) && one.EnumerateArray().Count(Must) != 1) return false;
        if (schema.TryGetProperty("not", out JsonElement not) && Check(not, value) is not null) return false;
        if (schema.TryGetProperty("if", out JsonElement condition))
        {
            string branch = Must(condition) ? "then" : "else";
            if (schema.TryGetProperty(branch, out JsonElement consequence) && !Must(consequence)) return false;
        }

        if (value.ValueKind != JsonValueKind.Object) return true;
        foreach (string keyword in (string[])["dependentSchemas", "dependencies", "dependentRequired"])
        {
            if (!schema.TryGetProperty(keyword, out JsonElement dependent)) continue;
            foreach (JsonProperty entry in dependent.EnumerateObject().Where(e => value.TryGetProperty(e.Name, out _)))
            {
                if (entry.Value.ValueKind == JsonValueKind.Array ? !entry.Value.EnumerateArray().All(n => value.TryGetProperty(n.GetString()!, out _)) : !Must(entry.Value)) return false;
            }
        }

        return true;

        bool Must(JsonElement part)
        {
            if (Check(part, value) is not { } more) return false;
            looked.Add(more);
            return true;
        }
    }

    private static bool CheckNumber(JsonElement schema, JsonElement value)
    {
        Number number = Number.Of(value);
        return (!schema.TryGetProperty("minimum", out JsonElement low) || number.CompareTo(Number.Of(low)) >= 0)
            && (!schema.TryGetProperty("maximum", out JsonElement high) || number.CompareTo(Number.Of(high)) <= 0)
            && (!schema.TryGetProperty("exclusiveMinimum", out JsonElement above) || number.CompareTo(Number.Of(above)) > 0)
            && (!schema.TryGetProperty("exclusiveMaximum", out JsonElement below) || number.CompareTo(Number.Of(below)) < 0)
            && (!schema.TryGetProperty("multipleOf", out JsonElement factor) || number.IsMultipleOf(Number.Of(factor)));
    }

    private static bool CheckString(JsonElement schema, string text)
    {
        int length = text.EnumerateRunes().Count();
        return (!schema.TryGetProperty("minLength", out JsonElement least) || length >= Count(least))
            && (!schema.TryGetProperty("maxLength", out JsonElement most) || length <= Count(most))
            && (!schema.TryGetProperty("pattern", out JsonElement pattern) || Matches(pattern.GetString()!, text));
    }

    private bool CheckArray(JsonElement schema, JsonElement array, Looked looked)
    {
        JsonElement[] items = [.. array.EnumerateArray()];
        if (schema.TryGetProperty("minItems", out JsonElement least) && items.Length < Count(least)) return false;
        if (schema.TryGetProperty("maxItems", out JsonElement most) && items.Length > Count(most)) return false;
        if (schema.TryGetProperty("uniqueItems", out JsonElement unique) && unique.ValueKind == JsonValueKind.True
            && items.Where((item, i) => items[..i].Any(other => AreEqual(item, other))).Any()) return false;

        int first = 0;
        if (schema.TryGetProperty("prefixItems", out JsonElement prefix))
        {
            foreach (JsonElement part in prefix.EnumerateArray().Take(items.Length))
            {
                if (Check(part, items[first]) is null) return false;
                looked.Items.Add(first++);
            }
        }

        if (schema.TryGetProperty("items", out JsonElement rest))
        {
            for (int i = first; i < items.Length; i++)
            {
                if (Check(rest, items[i]) is null) return false;
                looked.Items.Add(i);
            }
        }

        if (!schema.TryGetProperty("contains", out JsonElement contains)) return true;
        int matching = 0;
        for (int i = 0; i < items.Length; i++)
        {
            if (Check(contains, items[i]) is null) continue;
            matching++;
            looked.Items.Add(i);
        }

        return matching >= (schema.TryGetProperty("minContains", out JsonElement fewest) ? Count(fewest) : 1)
            && (!schema.TryGetProperty("maxContains", out JsonElement at) || matching <= Count(at));
    }

    private bool CheckObject(JsonElement schema, JsonElement value, Looked looked)
    {
        JsonProperty[] members = [.. value.EnumerateObject()];
        if (schema.TryGetProperty("minProperties", out JsonElement least) && members.Length < Count(least)) return false;
        if (schema.TryGetProperty("maxProperties", out JsonElement most) && members.Length > Count(most)) return false;
        if (schema.TryGetProperty("required", out JsonElement required) && !required.EnumerateArray().All(n => value.TryGetProperty(n.GetString()!, out _))) return false;
        foreach (JsonProperty member in members)
        {
            if (schema.TryGetProperty("propertyNames", out JsonElement names))
            {
                using JsonDocument name = JsonDocument.Parse(JsonSerializer.Serialize(member.Name));
                if (Check(names, name.RootElement) is null) return false;
            }

            bool known = false;
            if (schema.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(member.Name, out JsonElement own))
            {
                known = true;
                if (Check(own, member.Value) is null) return false;
            }

            if (schema.TryGetProperty("patternProperties", out JsonElement patterns))
            {
                foreach (JsonProperty pattern in patterns.EnumerateObject().Where(p => Matches(p.Name, member.Name)))
                {
                    known = true;
                    if (Check(pattern.Value, member.Value) is null) return false;
                }
            }

            if (!known && schema.TryGetProperty("additionalProperties", out JsonElement others))
            {
                known = true;
                if (Check(others, member.Value) is null) return false;
            }

            if (known) looked.Keys.Add(member.Name);
        }

        return true;
    }

    private bool CheckRest(JsonElement schema, JsonElement value, Looked looked)
    {
        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("unevaluatedProperties", out JsonElement properties))
        {
            foreach (JsonProperty member in value.EnumerateObject())
            {
                if (looked.Keys.Add(member.Name) && Check(properties, member.Value) is null) return false;
            }
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("unevaluatedItems", out JsonElement items))
        {
            for (int i = 0; i < value.GetArrayLength(); i++)
            {
                if (looked.Items.Add(i) && Check(items, value[i]) is null) return false;
            }
        }

        return true;
    }

    private JsonElement Resolve(string reference)
    {
        JsonElement at = _root;
        string fragment = Uri.UnescapeDataString(reference[(reference.IndexOf('#', StringComparison.Ordinal) + 1)..]);
        if (fragment.Length > 0 && fragment[0] != '/') return Anchored(_root, fragment) ?? throw new InvalidOperationException($"no anchor {fragment}");
        foreach (string step in fragment.Split('/').Skip(1).Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
            at = at.ValueKind == JsonValueKind.Array ? at[int.Parse(step, CultureInfo.InvariantCulture)] : at.GetProperty(step);
        return at;
    }

    private static JsonElement? Anchored(JsonElement schema, string name)
    {
        IEnumerable<JsonElement> below = schema.ValueKind == JsonValueKind.Object ? schema.EnumerateObject().Select(p => p.Value)
            : schema.ValueKind == JsonValueKind.Array ? schema.EnumerateArray() : [];
        if (schema.ValueKind == JsonValueKind.Object && ((string[])["$anchor", "$dynamicAnchor"]).Any(k => schema.TryGetProperty(k, out JsonElement a) && a.ValueEquals(name))) return schema;
        return below.Select(part => Anchored(part, name)).FirstOrDefault(found => found is not null);
    }

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && Number.Of(value).IsMultipleOf(new Number(1, 0)),
        "string" => value.ValueKind == JsonValueKind.String,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => value.ValueKind == JsonValueKind.Object,
    };

    private static bool AreEqual(JsonElement a, JsonElement b)
    {
        if (a.ValueKind == JsonValueKind.Number && b.ValueKind == JsonValueKind.Number) return Number.Of(a).CompareTo(Number.Of(b)) == 0;
        if (a.ValueKind != b.ValueKind) return false;
        return a.ValueKind switch
        {
            JsonValueKind.String => a.GetString() == b.GetString(),
            JsonValueKind.Array => a.GetArrayLength() == b.GetArrayLength() && a.EnumerateArray().Zip(b.EnumerateArray()).All(p => AreEqual(p.First, p.Second)),
            JsonValueKind.Object => a.EnumerateObject().Count() == b.EnumerateObject().Count() && a.EnumerateObject().All(p => b.TryGetProperty(p.Name, out JsonElement other) && AreEqual(p.Value, other)),
            _ => true,
        };
    }

    private static bool Matches(string pattern, string text) => Regex.IsMatch(text, pattern.Replace("\\d", "[0-9]", StringComparison.Ordinal), RegexOptions.CultureInvariant);

    private static BigInteger Count(JsonElement count) => (BigInteger)count.GetDecimal();

    /// <summary>Mantissa times a power of ten.</summary>
    private readonly record struct Number(BigInteger Mantissa, int Exponent)
    {
        internal static Number Of(JsonElement value)
        {
            string text = value.GetRawText();
            int e = text.IndexOfAny(['e', 'E']), exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            string digits = e < 0 ? text : text[..e];
            int point = digits.IndexOf('.', StringComparison.Ordinal);
            return point < 0 ? new(BigInteger.Parse(digits, CultureInfo.InvariantCulture), exponent)
                : new(BigInteger.Parse(digits.Remove(point, 1), CultureInfo.InvariantCulture), exponent - (digits.Length - point - 1));
        }

        internal int CompareTo(Number other) => At(Math.Min(Exponent, other.Exponent)).CompareTo(other.At(Math.Min(Exponent, other.Exponent)));

        internal bool IsMultipleOf(Number factor)
        {
            int power = Math.Min(Exponent, factor.Exponent);
            return (At(power) % factor.At(power)).IsZero;
        }

        private BigInteger At(int power) => Mantissa * BigInteger.Pow(10, Exponent - power);
    }
}
