using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Puna.Server.Endpoints;

/// <summary>The chat page: the files of <c>WebUi/</c>, which the assembly carries.</summary>
internal static class WebPage
{
    private const string ResourcePrefix = "WebUi/";
    private const string Index = "index.html";
    private const string Reference = "docs.html";

    private static readonly string[] ReadMethods = [HttpMethods.Get, HttpMethods.Head];

    private static readonly Lazy<FrozenDictionary<string, PageFile>> Files = new(() => Load().ToFrozenDictionary(f => f.Path, StringComparer.Ordinal));

    /// <summary>The page at <c>/</c> and what it needs under <c>/ui/</c>. Nothing but these files can be asked for.</summary>
    internal static void Map(RouteGroupBuilder group)
    {
        group.MapMethods("/", ReadMethods, (RequestDelegate)(http => WriteAsync(http, Index)));
        group.MapMethods("/docs", ReadMethods, (RequestDelegate)(http => WriteAsync(http, Reference)));
        group.MapMethods("/ui/{**path}", ReadMethods, (RequestDelegate)(http => WriteAsync(http, http.Request.RouteValues["path"] as string ?? "")));
    }

    private static async Task WriteAsync(HttpContext http, string path)
    {
        if (!Files.Value.TryGetValue(path, out PageFile? file))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-cache"; // kept, and asked for again by its tag
        headers.ETag = file.Tag;
        if (http.Request.Headers.IfNoneMatch == file.Tag)
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = file.MediaType;
        http.Response.ContentLength = file.Content.Length;
        if (HttpMethods.IsGet(http.Request.Method)) await http.Response.Body.WriteAsync(file.Content, http.RequestAborted).ConfigureAwait(false);
    }

    private static IEnumerable<PageFile> Load()
    {
        foreach (string name in typeof(WebPage).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using Stream stream = typeof(WebPage).Assembly.GetManifestResourceStream(name)!;
            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            string path = name[ResourcePrefix.Length..].Replace('\\', '/');
            yield return new PageFile(path, content, MediaType(path), $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
        }
    }

    private static string MediaType(string path) => Path.GetExtension(path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        string extension => throw new InvalidOperationException($"{path}: the page has no media type for {extension}."),
    };

    private sealed record PageFile(string Path, byte[] Content, string MediaType, string Tag);
}
