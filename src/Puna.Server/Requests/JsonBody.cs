using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Puna.Server.Requests;

/// <summary>Reads a request's JSON within bounds, and says what is wrong with it in words that name the place.</summary>
internal static partial class JsonBody
{
    /// <summary>Deepest nesting of a request; schemas of tools are among the deepest.</summary>
    internal const int MaxDepth = 64;

    private const string HalfPair = "half of a surrogate pair";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    internal static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, long maxBytes, CancellationToken cancellation)
    {
        byte[] body = await ReadAsync(request, maxBytes, cancellation).ConfigureAwait(false);
        return Parse(body, type);
    }

    /// <summary>Reads JSON text.</summary>
    /// <exception cref="ApiException">It is malformed, too deep, or of the wrong types.</exception>
    internal static T Parse<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type)
    {
        if (json.IsEmpty) throw ApiException.Invalid(null, "The request has no body; a JSON object is needed.", "invalid_json");

        JsonElement root;
        try
        {
            root = Parse(json);
        }
        catch (JsonException error)
        {
            throw Malformed(error);
        }

        if (root.ValueKind != JsonValueKind.Object) throw ApiException.Invalid(null, $"The body is {Kind(root)}; a JSON object is needed.", "invalid_json");

        try
        {
            return root.Deserialize(type) ?? throw ApiException.Invalid(null, "The body is null; a JSON object is needed.", "invalid_json");
        }
        catch (JsonException error)
        {
            throw WrongType(error, root, "", type);
        }
    }

    /// <summary>Reads a value of a request that can be of several types.</summary>
    /// <param name="value">The value, of the type asked for now.</param>
    /// <param name="place">Its path.</param>
    /// <param name="type">How it is read.</param>
    /// <exception cref="ApiException">It is of another type, or what is in it is.</exception>
    internal static T Read<T>(JsonElement value, string place, JsonTypeInfo<T> type)
    {
        try
        {
            return value.Deserialize(type) ?? throw ApiException.Invalid(place, $"{place} is null; an object is needed.", "invalid_type");
        }
        catch (JsonException error)
        {
            throw WrongType(error, value, place, type);
        }
    }

    /// <summary>Reads JSON within the bounds of a request.</summary>
    /// <exception cref="JsonException">It is malformed, too deep, has a name twice in an object, or a string that is no text.</exception>
    internal static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Options);
            CheckText(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (InvalidOperationException error)
        {
            throw new JsonException(HalfPair, error);
        }
    }

    /// <summary>Reads every string: the parser lets escapes of half a surrogate pair through, which no string can hold.</summary>
    private static void CheckText(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) _ = value.GetString();
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray()) CheckText(item);
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                _ = property.Name;
                CheckText(property.Value);
            }
        }
    }

    /// <summary>A text that must be there.</summary>
    internal static string Needed(string? value, string place) => value is { Length: > 0 } given ? given : throw ApiException.Invalid(place, $"{place} is missing.", "missing_field");

    /// <summary>A JSON value in words.</summary>
    internal static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static async Task<byte[]> ReadAsync(HttpRequest request, long maxBytes, CancellationToken cancellation)
    {
        if (request.ContentLength > maxBytes) throw TooLarge(maxBytes);

        using MemoryStream body = new((int)Math.Min(request.ContentLength ?? 0, Math.Min(maxBytes, 1 << 20)));
        byte[] buffer = new byte[16 << 10];
        try
        {
            for (int read; (read = await request.Body.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            {
                if (body.Length + read > maxBytes) throw TooLarge(maxBytes);
                body.Write(buffer, 0, read);
            }
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(maxBytes);
        }
        catch (BadHttpRequestException error)
        {
            throw new ApiException(new ApiError(error.StatusCode, "bad_request_body", error.StatusCode == StatusCodes.Status408RequestTimeout
                ? "The body came too slowly."
                : "The body ended before it was whole."));
        }

        return body.ToArray();
    }

    internal static ApiException TooLarge(long maxBytes) =>
        new(new ApiError(413, "body_too_large", string.Create(CultureInfo.InvariantCulture, $"The body is longer than {maxBytes} bytes, the most that this server takes. Send less.")));

    private static ApiException Malformed(JsonException error)
    {
        string place = error is { LineNumber: long line, BytePositionInLine: long at } ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, byte {at + 1}") : "unknown place";
        if (error.Message == HalfPair) return ApiException.Invalid(null, "The body is not JSON that can be read: a string has half of a surrogate pair, such as a cut emoji (\\ud83d alone).", "invalid_json");

        string what = error.Message.Contains("depth", StringComparison.Ordinal) ? $"it is nested more than {MaxDepth} deep"
            : DuplicateName().Match(error.Message) is { Success: true } duplicate ? $"the field '{duplicate.Groups[1].Value}' is given twice in one object"
            : "a character there does not belong, or the text ends too early";
        return ApiException.Invalid(null, $"The body is not JSON that can be read: {what} ({place}).", "invalid_json");
    }

    private static ApiException WrongType<T>(JsonException error, JsonElement root, string place, JsonTypeInfo<T> type)
    {
        string path = (error.Path ?? "$").TrimStart('$').TrimStart('.');
        (JsonElement? found, Type? wanted) = Follow(root, type, path);
        string given = found is { } value ? Kind(value) : "something else";
        path = place.Length == 0 || path.Length == 0 ? place + path : $"{place}.{path}";
        return ApiException.Invalid(path.Length == 0 ? null : path, $"{(path.Length == 0 ? "The body" : path)} is {given}; {Wanted(wanted)} is needed.", "invalid_type");
    }

    private static string Wanted(Type? type)
    {
        type = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) || type == typeof(long) || type == typeof(ulong) ? "a whole number"
            : type == typeof(float) || type == typeof(double) ? "a number"
            : type == typeof(bool) ? "true or false"
            : type == typeof(string) ? "a string"
            : type is null ? "another type"
            : type != typeof(string) && type.IsAssignableTo(typeof(System.Collections.IEnumerable)) && !type.IsAssignableTo(typeof(System.Collections.IDictionary)) ? "an array"
            : "an object";
    }

    /// <summary>Walks a path such as <c>messages[0].role</c> through value and type together.</summary>
    private static (JsonElement? Value, Type? Wanted) Follow(JsonElement root, JsonTypeInfo type, string path)
    {
        JsonElement? value = root;
        JsonTypeInfo? info = type;
        Type? wanted = type.Type;
        foreach (Match step in PathStep().Matches(path))
        {
            if (step.Groups["index"].Success)
            {
                int index = int.Parse(step.Groups["index"].ValueSpan, CultureInfo.InvariantCulture);
                value = value is { ValueKind: JsonValueKind.Array } array && index < array.GetArrayLength() ? array[index] : null;
                wanted = info?.ElementType;
            }
            else
            {
                string name = step.Groups["name"].Success ? step.Groups["name"].Value : step.Groups["quoted"].Value;
                value = value is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out JsonElement child) ? child : null;
                wanted = info?.Kind == JsonTypeInfoKind.Dictionary ? info.ElementType : info?.Properties.FirstOrDefault(p => p.Name == name)?.PropertyType;
            }

            info = wanted is not null && type.OriginatingResolver?.GetTypeInfo(wanted, type.Options) is { } next ? next : null;
        }

        return (value, wanted);
    }

    [GeneratedRegex(@"\[(?<index>\d+)\]|\['(?<quoted>[^']*)'\]|(?<name>[^.\[\]]+)")]
    private static partial Regex PathStep();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex DuplicateName();
}
