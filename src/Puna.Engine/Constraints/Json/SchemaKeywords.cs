namespace Puna.Engine.Constraints.Json;

/// <summary>The words of JSON Schema, and how to tell a misspelled one from one of the author's own.</summary>
internal static class SchemaKeywords
{
    /// <summary>Words that say which values are valid.</summary>
    internal static IReadOnlySet<string> Assertions { get; } = new HashSet<string>
    {
        "$ref", "$dynamicRef", "type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
        "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "format",
        "items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems",
        "properties", "patternProperties", "additionalProperties", "propertyNames", "required", "minProperties", "maxProperties",
        "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties",
    };

    /// <summary>Words that describe, or that other words refer to.</summary>
    internal static IReadOnlySet<string> Annotations { get; } = new HashSet<string>
    {
        "$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$defs", "definitions", "$comment", "$vocabulary",
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly",
        "contentEncoding", "contentMediaType", "contentSchema", "discriminator", "externalDocs", "xml",
    };

    /// <summary>Words of other dialects that would change which values are valid, and what to write instead.</summary>
    internal static IReadOnlyDictionary<string, string> Foreign { get; } = new Dictionary<string, string>
    {
        ["$recursiveRef"] = "it belongs to draft 2019-09. Write $dynamicRef or $ref",
        ["extends"] = "it belongs to draft 3. Write allOf",
        ["disallow"] = "it belongs to draft 3. Write not",
        ["divisibleBy"] = "it belongs to draft 3. Write multipleOf",
    };

    /// <summary>The word that an unknown one was probably meant to be, or null.</summary>
    internal static string? MeantBy(string word)
    {
        foreach (string known in Assertions)
        {
            if (string.Equals(known, word, StringComparison.OrdinalIgnoreCase)) return known;
            if (word.Length >= 5 && known.Length >= 5 && IsOneSlip(word, known)) return known;
        }

        return null;
    }

    /// <summary>One character more, less or other, or two exchanged.</summary>
    private static bool IsOneSlip(string a, string b)
    {
        int prefix = a.AsSpan().CommonPrefixLength(b), suffix = 0;
        while (suffix < Math.Min(a.Length, b.Length) - prefix && a[^(suffix + 1)] == b[^(suffix + 1)]) suffix++;
        int left = a.Length - prefix - suffix, right = b.Length - prefix - suffix;
        return (left <= 1 && right <= 1) || (left == 2 && right == 2 && a[prefix] == b[prefix + 1] && a[prefix + 1] == b[prefix]);
    }
}
