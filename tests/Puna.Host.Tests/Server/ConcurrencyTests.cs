using System.Text.Json;
using Puna.Engine;
using Puna.Tests;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Server;

public sealed class ConcurrencyTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task Streams_side_by_side_bring_what_each_brings_alone()
    {
        const int Callers = 32;
        string[] requests = [.. Enumerable.Range(0, Callers).Select(i =>
            $$"""{"messages": [{"role": "system", "content": "the and in it and the hello"}, {"role": "user", "content": "number {{i}} {{new string('w', i)}}"}], "max_tokens": 20, "temperature": 0, "stream": true}""")];

        TinyServer.Reply[] together = await Task.WhenAll(requests.Select(r => fixture.Server.PostAsync(Path, r)));

        for (int i = 0; i < Callers; i++) Assert.Equal(Text(await fixture.Server.PostAsync(Path, requests[i])), Text(together[i]));
    }

    [Fact]
    public async Task Clients_that_leave_give_every_page_back()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, TinyModelFolder.OneThread with { ContextLength = 1_000_000, RetainedSequences = 0 });
        await using TinyServer server = await TinyServer.StartAsync(model);
        for (int i = 0; i < 12; i++)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, Path)
            {
                Content = new StringContent($$"""{"messages": [{"role": "user", "content": "{{new string('v', i * 7)}} a"}], "ignore_eos": true, "stream": true, "n": {{1 + i % 3}}}"""),
            };
            using HttpResponseMessage response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            using Stream stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(new byte[50 * (i % 4)], TestContext.Current.CancellationToken);
        }

        await Eventually.HoldsAsync(() => model.Engine.Status is { Running: 0, Waiting: 0, KvBytesUsed: 0 }, () => $"{model.Engine.Status}");
    }

    [Fact]
    public async Task What_was_measured_is_told_and_what_was_said_is_not()
    {
        TinyServer.Reply reply = await fixture.Server.PostAsync(Path, """{"messages": [{"role": "user", "content": "my secret is xyzzy"}], "max_tokens": 3}""");
        (await fixture.Server.PostAsync(Path, """{"messages": [{"role": "user", "content": "xyzzy"}], "xyzzy": 1}""")).Error(400);

        string metrics = (await fixture.Server.GetAsync("/metrics")).Body;

        _ = reply.Ok;
        Assert.Matches("""gen_ai_server_request_duration_seconds_count\{[^}]*gen_ai_request_model="tiny"[^}]*\} [1-9]""", metrics);
        Assert.Matches("""gen_ai_server_time_to_first_token_seconds_bucket\{[^}]*le="\+Inf"\} [1-9]""", metrics);
        Assert.Matches("""puna_tokens_total\{[^}]*gen_ai_token_type="input"[^}]*\} [1-9]""", metrics);
        Assert.Matches("""puna_requests_running\{gen_ai_request_model="tiny"\} 0""", metrics);
        Assert.Matches("""puna_cache_used_bytes\{""", metrics);
        Assert.DoesNotContain("xyzzy", metrics + fixture.Server.Log.Text, StringComparison.Ordinal);
    }

    private static string Text(TinyServer.Reply reply) => string.Concat(reply.Chunks.Select(c =>
        c.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out JsonElement text) ? text.GetString() : ""));
}
