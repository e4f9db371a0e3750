using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Puna.Server.OpenApi;

/// <summary><c>GET /openapi.json</c>: made from the endpoints when it is first asked for. Asks for no key, as the page that shows it does not.</summary>
internal sealed class OpenApiEndpoint
{
    private byte[]? _document;

    internal Task WriteAsync(HttpContext http)
    {
        _document ??= Encoding.UTF8.GetBytes(OpenApiDocument.Of(http.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints).ToJsonString());
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = _document.Length;
        return http.Response.Body.WriteAsync(_document, http.RequestAborted).AsTask();
    }
}
