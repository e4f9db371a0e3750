using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server.Batches;
using Puna.Server.Requests;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>/v1/files</c>: what batches read and what they write.</summary>
internal static class FileEndpoints
{
    private const int MaxPage = 10_000;

    internal static async Task UploadAsync(ApiCall call)
    {
        BatchDatabase database = Database(call);
        Upload upload = await Upload.ReadAsync(call.Http.Request, call.Options.MaxBodyBytes, call.Cancelled).ConfigureAwait(false);
        CheckRoom(call, database, upload.Content.Length);
        StoredFile file = new(Identifiers.New("file-"), upload.Name, upload.Purpose, call.Clock.GetUtcNow().ToUnixTimeSeconds(), upload.Content.Length);
        database.AddFile(file, call.Caller?.Id, upload.Content);
        await call.WriteAsync(Describe(file), OpenAIJson.Wire.FileObject).ConfigureAwait(false);
    }

    internal static Task ListAsync(ApiCall call)
    {
        (int limit, string? after) = Page(call.Http.Request.Query, MaxPage, MaxPage);
        FileObject[] files = [.. Database(call).Files(call.Caller?.Id, limit + 1, after).Select(Describe)];
        bool hasMore = files.Length > limit;
        if (hasMore) files = files[..limit];
        return call.WriteAsync(new FileList("list", files, files.FirstOrDefault()?.Id, files.LastOrDefault()?.Id, hasMore), OpenAIJson.Wire.FileList);
    }

    internal static Task GetAsync(ApiCall call) => call.WriteAsync(Describe(Database(call).FindFile(Id(call), call.Caller?.Id) ?? throw Missing(Id(call), null)), OpenAIJson.Wire.FileObject);

    internal static Task ContentAsync(ApiCall call)
    {
        byte[] content = Database(call).Content(Id(call), call.Caller?.Id) ?? throw Missing(Id(call), null);
        call.Http.Response.ContentType = "application/octet-stream";
        call.Http.Response.ContentLength = content.Length;
        return call.Http.Response.Body.WriteAsync(content, call.Cancelled).AsTask();
    }

    internal static Task DeleteAsync(ApiCall call) =>
        Database(call).DeleteFile(Id(call), call.Caller?.Id) ? call.WriteAsync(new DeletedFile(Id(call), "file", true), OpenAIJson.Wire.DeletedFile) : throw Missing(Id(call), null);

    /// <summary>Refuses what a caller's files leave no room for.</summary>
    internal static void CheckRoom(ApiCall call, BatchDatabase database, long bytes)
    {
        if (database.FileBytes(call.Caller?.Id) + Math.Max(bytes, BatchLimits.LeastFileBytes) > database.Limits.FileBytes)
            throw new ApiException(new ApiError(413, "file_storage_full", string.Create(CultureInfo.InvariantCulture, $"Your files would have more than {database.Limits.FileBytes} bytes together (small ones count {BatchLimits.LeastFileBytes} each), the most that this server keeps of a client. Delete some, the outputs of batches too.")));
    }

    internal static BatchDatabase Database(ApiCall call) => call.Http.RequestServices.GetService<BatchDatabase>()
        ?? throw new ApiException(new ApiError(404, "no_data_folder", "This server keeps no files and batches. Its operator can give it a folder for them (puna serve --data FOLDER)."));

    internal static string Id(ApiCall call) => (string)call.Http.Request.RouteValues["id"]!;

    internal static ApiException Missing(string id, string? parameter) => new(new ApiError(404, "file_not_found", $"There is no file '{id}'.", parameter));

    /// <summary><c>limit</c> and <c>after</c> of a list's query.</summary>
    internal static (int Limit, string? After) Page(IQueryCollection query, int usual, int most)
    {
        int limit = usual;
        if (query.TryGetValue("limit", out var given) && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit < 1 || limit > most))
            throw ApiException.Invalid("limit", $"limit is '{given}'; allowed: 1 to {most}.");
        return (limit, query.TryGetValue("after", out var after) ? after.ToString() : null);
    }

    private static FileObject Describe(StoredFile file) => new(file.Id, "file", file.Bytes, file.Created, file.Name, file.Purpose, "processed");
}
