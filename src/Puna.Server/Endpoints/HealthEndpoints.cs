using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Puna.Server.Requests;
using Puna.Server.Telemetry;
using Puna.Server.Wire;

namespace Puna.Server.Endpoints;

/// <summary><c>GET /health</c> (may requests be sent here), <c>GET /alive</c> (does the process answer) and <c>GET /metrics</c>.</summary>
internal static class HealthEndpoints
{
    internal static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Asks for no key: load balancers have none. Tells nothing but the state.</summary>
    internal static Task HealthAsync(HttpContext http)
    {
        IHostApplicationLifetime lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        bool stopping = lifetime.ApplicationStopping.IsCancellationRequested;
        http.Response.StatusCode = stopping ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return http.Response.WriteAsJsonAsync(new HealthReply(stopping ? "stopping" : "ok"), HealthJson.Default.HealthReply);
    }

    internal static Task AliveAsync(HttpContext http) => http.Response.WriteAsJsonAsync(new HealthReply("alive"), HealthJson.Default.HealthReply);

    internal static Task MetricsAsync(ApiCall call)
    {
        call.Http.Response.ContentType = PrometheusText.ContentType;
        return call.Http.Response.WriteAsync(call.Http.RequestServices.GetRequiredService<PrometheusText>().Write(), call.Cancelled);
    }
}
