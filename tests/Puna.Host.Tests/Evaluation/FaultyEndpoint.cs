using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Puna.Host.Tests.Evaluation;

/// <summary>A hosted model on this machine that has every fault hosted models have, several for each request, before it answers.</summary>
internal sealed class FaultyEndpoint : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, int> _tries = new();
    private readonly IReadOnlyList<string> _faults;
    private readonly Func<JsonObject, JsonObject> _answer;

    private FaultyEndpoint(WebApplication application, IReadOnlyList<string> faults, Func<JsonObject, JsonObject> answer) => (_application, _faults, _answer) = (application, faults, answer);

    internal ConcurrentDictionary<string, int> Injected { get; } = new();

    internal ConcurrentQueue<(Dictionary<string, string> Headers, JsonObject Body)> Received { get; } = new();

    internal Uri BaseUrl => new(_application.Urls.First() + "/v1");

    /// <param name="faults">Faults that a request meets in turn, beginning at a place of its own.</param>
    /// <param name="answer">Answers a request once it has met <paramref name="faults"/>.</param>
    internal static async Task<FaultyEndpoint> StartAsync(IReadOnlyList<string> faults, Func<JsonObject, JsonObject> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication application = builder.Build();
        FaultyEndpoint endpoint = new(application, faults, answer);
        application.MapPost("/v1/{**path}", (RequestDelegate)endpoint.HandleAsync);
        await application.StartAsync();
        return endpoint;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        JsonObject request = (JsonObject)JsonNode.Parse(body)!;
        Received.Enqueue((context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), request)); // copied: they are used again
        int attempt = _tries.AddOrUpdate(body, 0, (_, before) => before + 1);
        string? fault = attempt < _faults.Count ? _faults[attempt] : null;
        if (fault is not null) Injected.AddOrUpdate(fault, 1, (_, before) => before + 1);
        string whole = _answer(request).ToJsonString();
        switch (fault)
        {
            case "429":
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "0";
                await context.Response.WriteAsync("{\"error\":\"slow down\"}");
                break;
            case "503":
                context.Response.StatusCode = 503;
                break;
            case "400":
                context.Response.StatusCode = 400;
                await context.Response.WriteAsync("{\"error\":\"no such model\"}");
                break;
            case "timeout":
                await Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                break;
            case "connection": // cut in the middle of the body
                context.Response.ContentLength = whole.Length;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(whole[..(whole.Length / 2)]);
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            case "malformed":
                await context.Response.WriteAsync(whole[..^5]);
                break;
            case "no reason":
                await context.Response.WriteAsync(whole.Replace("finish_reason", "finished", StringComparison.Ordinal).Replace("stop_reason", "stopped", StringComparison.Ordinal));
                break;
            default:
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(whole);
                break;
        }
    }
}
