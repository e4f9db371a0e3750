using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Puna.Server;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Server;

/// <summary>An application in this process that serves tiny models, and the calls that tests make.</summary>
internal sealed class TinyServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TinyServer(WebApplication app, PunaModel model)
    {
        _app = app;
        Model = model;
        Http = app.GetTestClient();
    }

    internal HttpClient Http { get; }

    internal PunaModel Model { get; }

    internal IServiceProvider Services => _app.Services;

    internal TestServer TestServer => _app.GetTestServer();

    /// <summary>Everything that was logged, exceptions too.</summary>
    internal required LogText Log { get; init; }

    internal static async Task<TinyServer> StartAsync(PunaModel model, Action<PunaServerOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        LogText log = new();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddPuna(options =>
        {
            options.AddModel(model, "tiny", "alias");
            configure?.Invoke(options);
        });
        services?.Invoke(builder.Services);
        WebApplication app = builder.Build();
        app.MapPuna();
        await app.StartAsync();
        return new TinyServer(app, model) { Log = log };
    }

    internal async Task<Reply> PostAsync(string path, string json, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach ((string name, string value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await SendAsync(request);
    }

    internal async Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        foreach ((string name, string value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await SendAsync(request);
    }

    internal async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response.Headers.RetryAfter?.Delta, response.Content.Headers.ContentType?.MediaType);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>A whole answer.</summary>
    internal sealed record Reply(HttpStatusCode Status, string Body, TimeSpan? RetryAfter, string? MediaType)
    {
        internal JsonElement Json => JsonElement.Parse(Body);

        /// <summary>The answer, which must be a good one.</summary>
        internal JsonElement Ok
        {
            get
            {
                Assert.True(Status == HttpStatusCode.OK, $"{Status}: {Body}");
                return Json;
            }
        }

        /// <summary>The error in OpenAI's shape, which must be whole.</summary>
        internal JsonElement Error(int status)
        {
            Assert.True((int)Status == status, $"{Status}: {Body}");
            JsonElement error = Json.GetProperty("error");
            Assert.Equal(["code", "message", "param", "type"], error.EnumerateObject().Select(p => p.Name).Order());
            Assert.NotEqual("", error.GetProperty("message").GetString());
            Assert.DoesNotContain("System.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
            return error;
        }

        /// <summary>Events of a stream: name (or null) and data.</summary>
        internal List<(string? Name, string Data)> Events
        {
            get
            {
                Assert.Equal("text/event-stream", MediaType);
                List<(string?, string)> events = [];
                foreach (string block in Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
                {
                    string[] lines = block.Split('\n');
                    string? name = lines[0].StartsWith("event: ", StringComparison.Ordinal) ? lines[0]["event: ".Length..] : null;
                    Assert.StartsWith("data: ", lines[^1], StringComparison.Ordinal);
                    events.Add((name, lines[^1]["data: ".Length..]));
                }

                return events;
            }
        }

        /// <summary>Chunks of an OpenAI stream, which must end with its mark.</summary>
        internal JsonElement[] Chunks
        {
            get
            {
                Assert.True(Status == HttpStatusCode.OK, $"{Status}: {Body}");
                Assert.Equal("[DONE]", Events[^1].Data);
                return [.. Events[..^1].Select(e => JsonElement.Parse(e.Data))];
            }
        }
    }
}
