using Microsoft.AspNetCore.Http;
using Puna.Server.Requests;

namespace Puna.Server.Access;

/// <summary>
/// Keeps web pages of other origins from using a server that the browser can reach: CORS alone hides the answers from them,
/// but not the work from the server.
/// </summary>
internal static class OriginCheck
{
    /// <summary>Refuses a request that a browser sends for a page of a foreign origin.</summary>
    internal static void Pass(HttpContext http, PunaServerOptions options)
    {
        string? origin = http.Request.Headers.Origin;
        if (string.IsNullOrEmpty(origin) || options.AllowedOrigins.Contains(origin) || IsOwn(origin, http.Request)) return;

        throw new ApiException(new ApiError(403, "origin_not_allowed", $"Pages of {origin} may not call this server. Its operator can allow them (puna serve --cors {origin})."));
    }

    private static bool IsOwn(string origin, HttpRequest request) => origin == $"{request.Scheme}://{request.Host}";
}
