using Microsoft.AspNetCore.Http;

namespace Puna.Cli.Serving;

/// <summary>
/// Answers only requests that call a server of this machine by this machine's names: a web page whose own name was made to
/// point here would otherwise be served as if it were ours.
/// </summary>
internal sealed class HostCheck(RequestDelegate next, IReadOnlyCollection<string> allowed)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (allowed.Contains(http.Request.Host.Host, StringComparer.OrdinalIgnoreCase))
        {
            await next(http).ConfigureAwait(false);
            return;
        }

        http.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        http.Response.ContentType = "application/json; charset=utf-8";
        await http.Response.WriteAsync($$$"""{"error":{"message":"This server answers to {{{string.Join(", ", allowed.Distinct())}}} alone. To serve others, start it with --host.","type":"invalid_request_error","param":null,"code":"misdirected_request"}}""").ConfigureAwait(false);
    }
}
