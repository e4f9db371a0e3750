using System.Text.Json;

namespace Puna.Extraction.Documents;

/// <summary>
/// A document per line of JSON: the line's text if it is a string, the <c>text</c> of an object that has one, or else the JSON itself.
/// A bad line is one failure; the others are read.
/// </summary>
internal static class JsonLineDocuments
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    internal static IEnumerable<DocumentInput> Read(Stream stream, string name, DocumentLimits limits)
    {
        int number = 0;
        foreach (byte[]? line in Lines(stream, checked(limits.Characters * 4L)))
        {
            number++;
            if (line is null) yield return new DocumentInput($"{name}#{number}", null, $"the line is longer than {limits.Characters * 4L} bytes, the most that is read.");
            else if (line.AsSpan().Trim(" \t\r"u8).Length > 0) yield return Parse(line, $"{name}#{number}", name, limits);
        }
    }

    private static DocumentInput Parse(byte[] line, string place, string name, DocumentLimits limits)
    {
        try
        {
            string json = PlainText.Decode(line, limits.Characters).Trim();
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("id", out JsonElement id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number && id.ToString() is { Length: > 0 and <= 200 } called)
                place = $"{name}#{called}";
            JsonElement text = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("text", out JsonElement inner) && inner.ValueKind == JsonValueKind.String ? inner : root;
            return new DocumentInput(place, new SourceDocument(place, text.ValueKind == JsonValueKind.String ? text.GetString()! : json), null);
        }
        catch (JsonException error)
        {
            return new DocumentInput(place, null, $"the line is not JSON: byte {error.BytePositionInLine ?? 0} does not fit.");
        }
        catch (InvalidOperationException) // a string with half a surrogate pair
        {
            return new DocumentInput(place, null, "a string of the line has half a surrogate pair (\\ud800 to \\udfff), which is no text.");
        }
        catch (DocumentException error)
        {
            return new DocumentInput(place, null, error.Message);
        }
    }

    /// <summary>The lines without their ends; null for one that is too long.</summary>
    private static IEnumerable<byte[]?> Lines(Stream stream, long maxBytes)
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream line = new();
        bool tooLong = false, open = false;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            for (int start = 0; start < read;)
            {
                int end = Array.IndexOf(buffer, (byte)'\n', start, read - start);
                int length = (end < 0 ? read : end) - start;
                tooLong |= line.Length + length > maxBytes;
                if (!tooLong) line.Write(buffer, start, length);
                start += length + 1;
                open = end < 0;
                if (open) continue;

                yield return tooLong ? null : line.ToArray();
                line.SetLength(0);
                tooLong = false;
            }
        }

        if (open) yield return tooLong ? null : line.ToArray();
    }
}
