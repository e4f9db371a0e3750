using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Server;

/// <summary>Several models behind one server: chosen by name, loaded when asked for, unloaded when idle or in the way.</summary>
public sealed class SeveralModelsTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_is_listed_before_it_is_loaded_and_loaded_by_its_name()
    {
        await using TinyServer server = await StartAsync();
        await AssertLoadedAsync(server, "tiny");
        Assert.Equal(["tiny", "second", "third"], (await server.GetAsync("/api/tags")).Ok.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        JsonElement shown = (await server.PostAsync("/api/show", """{"model":"second"}""")).Ok;
        Assert.Equal("llama", shown.GetProperty("details").GetProperty("family").GetString());
        Assert.True((await server.GetAsync("/v1/models/second")).Ok.GetProperty("context_length").GetInt32() > 0);
        await AssertLoadedAsync(server, "tiny");

        JsonElement reply = (await server.PostAsync("/v1/completions", Request("second"))).Ok;

        await AssertLoadedAsync(server, "tiny", "second");
        using PunaModel alone = PunaModel.Load(fixture.Files.Llama, TinyModelFolder.OneThread);
        await using TinyServer other = await TinyServer.StartAsync(alone);
        Assert.Equal("second", reply.GetProperty("model").GetString());
        Assert.Equal(Text((await other.PostAsync("/v1/completions", Request("tiny"))).Ok), Text(reply));
        Assert.NotEqual(Text((await server.PostAsync("/v1/completions", Request("tiny"))).Ok), Text(reply));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"none","messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("/v1/embeddings", """{"model":"none","input":"a"}""")]
    [InlineData("/api/generate", """{"model":"none","keep_alive":0}""")]
    public async Task A_model_that_is_not_there_is_named_with_those_that_are(string path, string request)
    {
        await using TinyServer server = await StartAsync();
        TinyServer.Reply reply = await server.PostAsync(path, request);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, reply.Status);
        Assert.Contains("There is no model 'none' here. Served: tiny, second, third.", JsonSerializer.Deserialize<JsonElement>(reply.Body).GetProperty("error").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ollamas_clients_say_how_long_a_model_stays()
    {
        await using TinyServer server = await StartAsync(o => o.UnloadIdleAfter = null);
        JsonElement loaded = (await server.PostAsync("/api/generate", """{"model":"second","keep_alive":"1h"}""")).Ok;
        Assert.Equal("load", loaded.GetProperty("done_reason").GetString());
        await AssertLoadedAsync(server, "tiny", "second");
        Assert.Contains("puna_cache_allocated_bytes{gen_ai_request_model=\"second\"}", (await server.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        JsonElement[] running = [.. (await server.GetAsync("/api/ps")).Ok.GetProperty("models").EnumerateArray()];
        Assert.Equal(["tiny", "second"], running.Select(m => m.GetProperty("name").GetString()));
        Assert.InRange(running[1].GetProperty("expires_at").GetDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(58), TimeSpan.FromHours(1));

        JsonElement gone = (await server.PostAsync("/api/chat", """{"model":"second","messages":[],"keep_alive":0}""")).Ok;
        Assert.Equal("unload", gone.GetProperty("done_reason").GetString());
        await AssertLoadedAsync(server, "tiny");
        Assert.DoesNotContain("puna_cache_allocated_bytes{gen_ai_request_model=\"second\"}", (await server.GetAsync("/metrics")).Body, StringComparison.Ordinal);

        JsonElement answer = (await server.PostAsync("/api/generate", """{"model":"third","prompt":"hello","stream":false,"options":{"num_predict":2},"keep_alive":"0s"}""")).Ok;
        Assert.True(answer.GetProperty("load_duration").GetInt64() > 0);
        await AssertLoadedAsync(server, "tiny");
        Assert.Equal("keep_alive is 'soon'; seconds or a duration such as 5m or 1h30m is needed, 0 to unload, less than 0 to stay loaded.", (await server.PostAsync("/api/generate", """{"model":"third","keep_alive":"soon"}""")).Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_model_without_requests_goes_after_its_time()
    {
        await using TinyServer server = await StartAsync(o => o.UnloadIdleAfter = TimeSpan.FromMilliseconds(300));
        _ = (await server.PostAsync("/v1/completions", Request("second"))).Ok;
        _ = (await server.PostAsync("/api/generate", """{"model":"third","keep_alive":-1}""")).Ok;
        await AssertLoadedAsync(server, "tiny", "third");
        _ = (await server.PostAsync("/v1/completions", Request("second"))).Ok; // and comes again
    }

    [Fact]
    public async Task Models_make_room_for_each_other_and_no_answer_is_lost()
    {
        long own = fixture.Model.WeightBytes + fixture.Model.Engine.Status.KvBytesAllocated;
        long largest = Math.Max(fixture.Model.WeightBytes, WeightBytes(fixture.Files.Llama));
        await using TinyServer server = await StartAsync(o => o.MemoryBudget = own + largest + 1);
        PunaModels models = server.Services.GetRequiredService<PunaModels>();
        string[] alone = [.. await Task.WhenAll(((string[])["second", "third"]).Select(async m => Text((await server.PostAsync("/v1/completions", Request(m))).Ok)))];
        int most = 0;
        using CancellationTokenSource end = new();
        Task watch = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                most = Math.Max(most, models.Loaded().Count);
                await Task.Delay(1, CancellationToken.None);
            }
        });

        TinyServer.Reply[] replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => server.PostAsync("/v1/completions", Request(i % 2 == 0 ? "second" : "third"))));

        await end.CancelAsync();
        await watch;
        Assert.All(replies, (r, i) => Assert.Equal(alone[i % 2], Text(r.Ok)));
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task What_can_never_fit_fails_the_start()
    {
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(o => o.MemoryBudget = fixture.Model.WeightBytes + 1000));
        Assert.Contains("the memory budget of", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_served_without_what_cannot_be_run()
    {
        File.Copy(fixture.Files.Llama, _folder["good.gguf"]);
        _folder.Write("bad.gguf", "GGUF, or not"u8.ToArray());
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, o => o.AddModelFolder(_folder.Root, TinyModelFolder.OneThread));

        Assert.Equal(["tiny", "good"], (await server.GetAsync("/v1/models")).Ok.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()));
        Assert.Contains("bad.gguf", server.Log.Text, StringComparison.Ordinal);

        File.Delete(_folder["good.gguf"]);
        Assert.Equal("model_not_loaded", (await server.PostAsync("/v1/completions", Request("good"))).Error(503).GetProperty("code").GetString());
        _ = (await server.PostAsync("/v1/completions", Request("tiny"))).Ok;
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Throws<FileNotFoundException>(() => new PunaServerOptions().AddModelFolder(_folder["empty"]));
    }

    [Theory]
    [InlineData("null", null)]
    [InlineData("0", 0.0)]
    [InlineData("300", 300.0)]
    [InlineData("-1", -1.0)]
    [InlineData("\"-1\"", -1.0)]
    [InlineData("\"90\"", 90.0)]
    [InlineData("\"5m\"", 300.0)]
    [InlineData("\"1h30m\"", 5400.0)]
    [InlineData("\"1.5h\"", 5400.0)]
    [InlineData("\"-1m\"", -1.0)]
    [InlineData("\"1500ms\"", 1.5)]
    [InlineData("1e300", -1.0)]
    public void Times_are_read_as_Ollama_writes_them(string json, double? seconds) =>
        Assert.Equal(seconds switch { null => null, < 0 => Timeout.InfiniteTimeSpan, { } s => TimeSpan.FromSeconds(s) }, KeepAlive.Read(JsonElement.Parse(json)));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"m\"")]
    [InlineData("\"5 m\"")]
    [InlineData("\"5m3\"")]
    [InlineData("\"5/m\"")]
    [InlineData("true")]
    public void Other_words_are_no_time(string json) => Assert.Equal("keep_alive", Assert.Throws<ApiException>(() => KeepAlive.Read(JsonElement.Parse(json))).Error.Parameter);

    private static long WeightBytes(string path)
    {
        using PunaModel model = PunaModel.Load(path, TinyModelFolder.OneThread);
        return model.WeightBytes;
    }

    private static string Request(string model) => $$"""{"model":"{{model}}","prompt":"hello","max_tokens":6,"temperature":0}""";

    private static string Text(JsonElement reply) => reply.GetProperty("choices")[0].GetProperty("text").GetString()!;

    /// <summary>Waits until these are loaded, and no others: unloading ends after the answer.</summary>
    private static async Task AssertLoadedAsync(TinyServer server, params string[] ids)
    {
        string[] loaded = [];
        for (int i = 0; i < 300; i++)
        {
            loaded = [.. (await server.GetAsync("/v1/models")).Ok.GetProperty("data").EnumerateArray().Where(m => m.GetProperty("loaded").GetBoolean()).Select(m => m.GetProperty("id").GetString()!)];
            if (loaded.SequenceEqual(ids)) return;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal(ids, loaded);
    }

    /// <summary>The fixture's model, which is the application's, and two on demand.</summary>
    private Task<TinyServer> StartAsync(Action<PunaServerOptions>? configure = null) => TinyServer.StartAsync(fixture.Model, options =>
    {
        options.AddModelOnDemand(fixture.Files.Llama, TinyModelFolder.OneThread, "second").AddModelOnDemand(fixture.Files.Llama4, TinyModelFolder.OneThread, "third");
        configure?.Invoke(options);
    });
}
