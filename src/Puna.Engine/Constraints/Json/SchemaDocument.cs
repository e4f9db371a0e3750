using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Puna.Engine.Constraints.Json;

/// <summary>A schema as JSON: finds the schemas that others refer to. Reads no file and opens no connection.</summary>
internal sealed class SchemaDocument
{
    private const int MaxDepth = 128;
    private const int MaxCharacters = 4_000_000;
    private const int MaxElements = 200_000;
    private const int MaxPointers = 20_000_000; // characters of all pointers: each repeats those above it

    // Any base will do for names that are relative.
    private static readonly Uri NoBase = new("schema:/");

    private readonly Dictionary<string, JsonElement> _byPointer = [];
    private readonly Dictionary<string, string> _resources = [];      // absolute $id -> pointer
    private readonly Dictionary<string, List<string>> _anchors = [];  // absolute URI with fragment -> pointers
    private readonly Dictionary<string, Uri> _bases = [];             // pointer of a schema with $id -> its URI
    private long _pointers;                                           // characters of all pointers

    /// <exception cref="ConstraintException">The text is no JSON, or too large.</exception>
    internal SchemaDocument(string text)
    {
        if (text.Length > MaxCharacters) throw new ConstraintException("", $"the schema has {text.Length} characters; {MaxCharacters} are allowed.");
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            Root = document.RootElement.Clone();
            Index(Root, "", NoBase);
        }
        catch (JsonException error)
        {
            throw new ConstraintException("", $"the schema is not JSON that can be read: {error.Message}", error);
        }
    }

    internal JsonElement Root { get; }

    /// <summary>Some schema asks what others have looked at.</summary>
    internal bool HasUnevaluated { get; private set; }

    /// <summary>The schema that a reference names.</summary>
    /// <param name="reference">Value of the keyword.</param>
    /// <param name="from">Pointer of the schema with the keyword.</param>
    /// <param name="keyword">The keyword.</param>
    /// <exception cref="ConstraintException">It is not in this document.</exception>
    internal (string Pointer, JsonElement Element) Resolve(string reference, string from, string keyword)
    {
        string at = from + "/" + keyword;
        if (!Uri.TryCreate(BaseOf(from), reference, out Uri? target)) throw new ConstraintException(at, $"'{reference}' is no URI reference.");

        string whole = target.ToString(), fragment = Uri.UnescapeDataString(target.Fragment.TrimStart('#'));
        string resource = whole.Split('#')[0];
        string? start = resource == NoBase.ToString() ? "" : _resources.GetValueOrDefault(resource);
        if (start is null) throw new ConstraintException(at, $"'{reference}' is not in this schema, and nothing is loaded from elsewhere. Put it under $defs.");
        if (fragment.Length == 0) return (start, _byPointer[start]);
        if (fragment[0] == '/')
        {
            string pointer = start + fragment;
            return _byPointer.TryGetValue(pointer, out JsonElement element) ? (pointer, element) : throw new ConstraintException(at, $"'{reference}' points to nothing in this schema.");
        }

        List<string>? anchors = _anchors.GetValueOrDefault(resource + "#" + fragment);
        return anchors is [var only] ? (only, _byPointer[only]) : throw new ConstraintException(at, $"'{reference}' names {(anchors is null ? "no anchor" : "several anchors")} in this schema.");
    }

    /// <summary>Whether just one schema has this name as $dynamicAnchor, so that a dynamic reference has one meaning.</summary>
    internal bool IsUniqueDynamicAnchor(string name) =>
        _byPointer.Values.Count(e => e.ValueKind == JsonValueKind.Object && e.TryGetProperty("$dynamicAnchor", out JsonElement a) && a.ValueKind == JsonValueKind.String && a.GetString() == name) <= 1;

    /// <summary>A key as a part of a JSON Pointer.</summary>
    internal static string Escape(string key) => key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private Uri BaseOf(string pointer)
    {
        for (string p = pointer; ;)
        {
            if (_bases.TryGetValue(p, out Uri? own)) return own;
            int slash = p.LastIndexOf('/');
            if (slash < 0) return NoBase;
            p = p[..slash];
        }
    }

    private void Index(JsonElement element, string pointer, Uri baseUri)
    {
        if (_byPointer.Count >= MaxElements) throw new ConstraintException("", $"the schema has more than {MaxElements} parts.");
        _byPointer.Add(pointer, element);
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                CheckText(() => element.GetString(), pointer);
                break;
            case JsonValueKind.Array:
                int i = 0;
                foreach (JsonElement item in element.EnumerateArray()) Index(item, Below(pointer, (i++).ToString(CultureInfo.InvariantCulture)), baseUri);
                break;
            case JsonValueKind.Object:
                baseUri = Register(element, pointer, baseUri);
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    CheckText(() => property.Name, pointer);
                    HasUnevaluated |= property.Name is "unevaluatedProperties" or "unevaluatedItems";
                    Index(property.Value, Below(pointer, Escape(property.Name)), baseUri);
                }

                break;
        }
    }

    private string Below(string pointer, string part)
    {
        _pointers += pointer.Length + 1 + part.Length;
        return _pointers <= MaxPointers ? pointer + "/" + part
            : throw new ConstraintException(pointer, $"up to here the pointers to the schema's parts have {_pointers} characters; {MaxPointers} are allowed. Shorten the keys that much stands under.");
    }

    private Uri Register(JsonElement element, string pointer, Uri baseUri)
    {
        // Inside enum, const and the like an $id is only a key.
        if (pointer.Contains("/enum/", StringComparison.Ordinal) || pointer.Contains("/const", StringComparison.Ordinal) || pointer.Contains("/default", StringComparison.Ordinal) || pointer.Contains("/examples", StringComparison.Ordinal))
            return baseUri;

        if (element.TryGetProperty("$id", out JsonElement id) && id.ValueKind == JsonValueKind.String && Uri.TryCreate(baseUri, id.GetString(), out Uri? own))
        {
            baseUri = own;
            _bases[pointer] = own;
            _resources.TryAdd(own.ToString().Split('#')[0], pointer);
        }

        foreach (string keyword in (string[])["$anchor", "$dynamicAnchor"])
        {
            if (!element.TryGetProperty(keyword, out JsonElement anchor) || anchor.ValueKind != JsonValueKind.String) continue;
            string name = baseUri.ToString().Split('#')[0] + "#" + anchor.GetString();
            if (!_anchors.TryGetValue(name, out List<string>? pointers)) _anchors.Add(name, pointers = []);
            pointers.Add(pointer);
        }

        return baseUri;
    }

    private static void CheckText(Func<string?> read, string pointer)
    {
        try
        {
            read();
        }
        catch (InvalidOperationException error)
        {
            throw new ConstraintException(pointer, "a text is not valid Unicode: it holds half of a surrogate pair.", error);
        }
    }
}
