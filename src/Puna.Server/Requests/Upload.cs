using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Puna.Server.Requests;

/// <summary>A file that a client sends as a form.</summary>
/// <param name="Name">What the client calls it.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Content">What it holds.</param>
internal sealed record Upload(string Name, string Purpose, byte[] Content)
{
    private const int MaxNameLength = 255;
    private const int MaxFields = 16;

    /// <summary>Reads the form within the bounds of a request.</summary>
    /// <exception cref="ApiException">It is malformed, too long, or a field of it is missing, unknown or no good.</exception>
    internal static async Task<Upload> ReadAsync(HttpRequest request, long maxBytes, CancellationToken cancellation)
    {
        if (!request.HasFormContentType) throw ApiException.Invalid(null, "The request is no form: send multipart/form-data with a file and its purpose.", "invalid_form");
        if (request.ContentLength > maxBytes) throw JsonBody.TooLarge(maxBytes);

        IFormCollection form;
        try
        {
            FormOptions options = new() { MultipartBodyLengthLimit = maxBytes, ValueCountLimit = MaxFields, MemoryBufferThreshold = 1 << 16, BufferBody = false };
            form = await new FormFeature(request, options).ReadFormAsync(cancellation).ConfigureAwait(false);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw JsonBody.TooLarge(maxBytes);
        }
        catch (InvalidDataException error)
        {
            throw error.Message.Contains("length limit", StringComparison.Ordinal) ? JsonBody.TooLarge(maxBytes) : ApiException.Invalid(null, "The form cannot be read: it is malformed, or ends too early.", "invalid_form");
        }
        catch (IOException)
        {
            throw ApiException.Invalid(null, "The form ended before it was whole.", "invalid_form");
        }

        if (form.Keys.FirstOrDefault(k => k != "purpose") is { } unknown) throw OtherFields.Unknown(unknown);
        if (form.Files is not [{ Name: "file" } file]) throw ApiException.Invalid("file", $"file is missing, or not the only one: {form.Files.Count} files came.", "missing_field");
        string purpose = form["purpose"].ToString();
        if (purpose.Length == 0) throw ApiException.Invalid("purpose", "purpose is missing: batch.", "missing_field");
        if (purpose != "batch") throw ApiException.Unsupported("purpose", $"purpose is '{purpose}'; this server keeps files for batches alone: batch.");
        if (file.Length > maxBytes) throw JsonBody.TooLarge(maxBytes);

        using MemoryStream content = new((int)file.Length);
        await file.CopyToAsync(content, cancellation).ConfigureAwait(false);
        return new Upload(Checked(file.FileName), purpose, content.ToArray());
    }

    /// <summary>The name is a label and becomes no path here; but one that looks like a path would become one somewhere.</summary>
    private static string Checked(string name) =>
        name.Length is 0 or > MaxNameLength || name is "." or ".." || name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c))
            ? throw ApiException.Invalid("file", $"The file's name has {name.Length} characters; 1 to {MaxNameLength} are allowed, without '/', '\\', ':' and control characters, and not '.' or '..'. Send a name, not a path.", "invalid_filename")
            : name;
}
