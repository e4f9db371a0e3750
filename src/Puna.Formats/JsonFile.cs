using System.Text.Json;
using System.Text.Unicode;

namespace Puna.Formats;

/// <summary>Reads the JSON files that come with a model, as untrusted as the model itself.</summary>
internal static class JsonFile
{
    private const int MaxDepth = 64;

    /// <summary>Reads a file of at most <paramref name="maxBytes"/> and returns its root, which must be an object.</summary>
    /// <exception cref="ModelFileException">Too long, not UTF-8, not JSON, a repeated property, or no object.</exception>
    /// <exception cref="IOException">The operating system refuses the file.</exception>
    internal static JsonElement ReadObject(string path, int maxBytes)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > maxBytes)
            {
                throw new ModelFileException(path, $"the file has {stream.Length} bytes, allowed are {maxBytes}",
                    found: $"{stream.Length}", limit: $"{maxBytes}", remedy: "This is not the JSON file its name promises.");
            }

            byte[] utf8 = new byte[stream.Length];
            stream.ReadExactly(utf8);
            return ParseObject(path, utf8);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path}: the operating system denies reading it. Check the file's permissions.", e);
        }
    }

    /// <summary>Parses text already in memory; <paramref name="path"/> is for errors.</summary>
    internal static JsonElement ParseObject(string path, ReadOnlyMemory<byte> utf8)
    {
        ReadOnlySpan<byte> head = utf8.Span[..Math.Min(utf8.Length, FileSignature.HeadBytes)];
        string remedy = FileSignature.Describe(head, FileKind.Json) ?? "The file is damaged: download it again.";
        if (!Utf8.IsValid(utf8.Span)) throw new ModelFileException(path, "the text is not valid UTF-8", remedy: remedy);

        try
        {
            JsonDocumentOptions options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
            using JsonDocument document = JsonDocument.Parse(utf8, options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new ModelFileException(path, $"the text is a JSON {document.RootElement.ValueKind}, wanted an object", 0, "$",
                    found: $"{document.RootElement.ValueKind}", limit: "Object", remedy: remedy);
        }
        catch (JsonException e)
        {
            throw new ModelFileException(path, $"not readable as JSON: {Reason(e)}", OffsetOf(utf8.Span, e), e.Path, remedy: remedy, innerException: e);
        }
        catch (InvalidOperationException e) // a name with half of a surrogate pair
        {
            throw new ModelFileException(path, "a name in the JSON text is not valid Unicode", remedy: remedy, innerException: e);
        }
    }

    /// <summary>The text of a string value.</summary>
    /// <exception cref="ModelFileException">It holds half of a surrogate pair.</exception>
    internal static string Text(string path, string jsonPath, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new ModelFileException(path, $"{jsonPath} is not valid Unicode", field: jsonPath, remedy: "The file is damaged: download it again.", innerException: e);
        }
    }

    /// <summary>The parser's complaint without the place, which the message states as a byte.</summary>
    internal static string Reason(JsonException e)
    {
        int place = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string reason = place < 0 ? e.Message : e.Message[..place];
        return ModelFileException.Quote(reason.TrimEnd('.', ' '));
    }

    /// <summary>Byte of the text that the parser stopped at.</summary>
    internal static long OffsetOf(ReadOnlySpan<byte> utf8, JsonException e)
    {
        int start = 0;
        for (long line = e.LineNumber ?? 0; line > 0; line--)
        {
            int length = utf8[start..].IndexOf((byte)'\n');
            if (length < 0) break;
            start += length + 1;
        }

        return start + (e.BytePositionInLine ?? 0);
    }
}
