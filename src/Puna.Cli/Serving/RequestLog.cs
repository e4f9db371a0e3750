using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Puna.Cli.Serving;

/// <summary>A line per request: what was asked of which endpoint, how it ended and how long it took. Never what was said.</summary>
internal sealed partial class RequestLog(RequestDelegate next, ILogger<RequestLog> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        long begun = Stopwatch.GetTimestamp();
        await next(http).ConfigureAwait(false);
        if (http.GetEndpoint() is null || http.Request.Path.StartsWithSegments("/ui", StringComparison.Ordinal)) return;

        string path = http.Request.Path.Value ?? "";
        if (path is "/health" or "/alive" or "/metrics") return; // asked for all the time
        double seconds = Math.Round(Stopwatch.GetElapsedTime(begun).TotalSeconds, 3);
        Log(logger, http.Request.Method, path, http.Response.StatusCode, seconds);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Path} {Status} {Seconds} s")]
    private static partial void Log(ILogger logger, string method, string path, int status, double seconds);
}
