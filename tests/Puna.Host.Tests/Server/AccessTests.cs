using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server;
using Puna.Server.Access;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Server;

public sealed class AccessTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>, IDisposable
{
    private const string Path = "/v1/chat/completions";
    private const string Hello = """{"messages": [{"role": "user", "content": "hello"}], "max_tokens": 4, "ignore_eos": true}""";

    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

    private ApiKeyFile Keys => new(_folder["keys.json"]);

    [Fact]
    public async Task Without_a_good_key_nothing_but_health_is_answered()
    {
        string key = Add("one");
        await using TinyServer server = await StartAsync();

        JsonElement missing = (await server.PostAsync(Path, Hello)).Error(401);
        Assert.Equal("missing_api_key", missing.GetProperty("code").GetString());
        Assert.Equal("authentication_error", missing.GetProperty("type").GetString());
        foreach (string wrong in (string[])["nonsense", "puna-00000000-" + new string('0', 64), key[..^1] + (key[^1] == '0' ? '1' : '0'), key + " x", new string('k', 100_000)])
            Assert.Equal("invalid_api_key", (await server.PostAsync(Path, Hello, ("Authorization", $"Bearer {wrong}"))).Error(401).GetProperty("code").GetString());
        (await server.GetAsync("/v1/models")).Error(401);
        (await server.GetAsync("/v1/nothing")).Error(401);
        (await server.GetAsync("/metrics")).Error(401);
        _ = (await server.GetAsync("/health")).Ok;
        _ = (await server.PostAsync(Path, Hello, ("Authorization", $"Bearer {key}"))).Ok;
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;
    }

    [Fact]
    public async Task A_revoked_key_is_not_good_a_second_later()
    {
        string key = Add("one");
        await using TinyServer server = await StartAsync();
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;

        Keys.Revoke("one", _clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromSeconds(1.1));

        (await server.PostAsync(Path, Hello, ("x-api-key", key))).Error(401);
    }

    [Fact]
    public async Task A_file_that_became_unreadable_leaves_the_keys_as_they_were()
    {
        string key = Add("one");
        await using TinyServer server = await StartAsync();
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;

        for (int i = 0; i < 2; i++)
        {
            File.WriteAllText(_folder["keys.json"], "{");
            _clock.Advance(TimeSpan.FromSeconds(2));
            _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;
        }

        Assert.Single(System.Text.RegularExpressions.Regex.Matches(server.Log.Text, "Warning: The file of keys cannot be read.*keys.json"));
    }

    [Fact]
    public async Task Requests_a_minute_are_limited_and_come_back_evenly()
    {
        string key = Add("one", k => k with { RequestsPerMinute = 3 }), other = Add("two");
        await using TinyServer server = await StartAsync();
        for (int i = 0; i < 3; i++) _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;

        TinyServer.Reply refused = await server.PostAsync(Path, Hello, ("x-api-key", key));

        Assert.Equal("request_rate_exceeded", refused.Error(429).GetProperty("code").GetString());
        Assert.Equal(TimeSpan.FromSeconds(20), refused.RetryAfter);
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", other))).Ok;
        _clock.Advance(TimeSpan.FromSeconds(21));
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;
        (await server.PostAsync(Path, Hello, ("x-api-key", key))).Error(429);
    }

    [Fact]
    public async Task Tokens_a_minute_are_charged_as_they_are_used()
    {
        string key = Add("one", k => k with { TokensPerMinute = 60 });
        await using TinyServer server = await StartAsync();
        int used = 0;
        for (; used < 60;) used += (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok.GetProperty("usage").GetProperty("total_tokens").GetInt32();

        TinyServer.Reply refused = await server.PostAsync(Path, Hello, ("x-api-key", key));

        Assert.Equal("token_rate_exceeded", refused.Error(429).GetProperty("code").GetString());
        Assert.Equal(TimeSpan.FromSeconds(1 + used - 60), refused.RetryAfter); // a token a second
        _clock.Advance(refused.RetryAfter!.Value);
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;
    }

    [Fact]
    public async Task Who_leaves_before_the_end_pays_for_the_prompt()
    {
        string key = Add("one", k => k with { TokensPerDay = 100 });
        await using TinyServer server = await StartAsync();
        using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        string endless = $$"""{"messages": [{"role": "user", "content": "{{new string('x', 150)}}"}], "ignore_eos": true, "stream": true}""";
        using HttpRequestMessage request = new(HttpMethod.Post, Path) { Content = new StringContent(endless, System.Text.Encoding.UTF8, "application/json"), Headers = { { "x-api-key", key } } };
        using (HttpResponseMessage reply = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token))
        {
            await leaving.CancelAsync();
        }

        TinyServer.Reply next;
        for (int tries = 0; (next = await server.PostAsync(Path, Hello, ("x-api-key", key))).Status == System.Net.HttpStatusCode.OK; tries++)
        {
            Assert.True(tries < 10, "nothing was charged"); // 10 requests of some 10 tokens would reach the limit by themselves
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Equal("token_quota_exceeded", next.Error(429).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Tokens_a_day_come_back_at_midnight()
    {
        string key = Add("one", k => k with { TokensPerDay = 1 });
        await using TinyServer server = await StartAsync();
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;

        TinyServer.Reply refused = await server.PostAsync(Path, Hello, ("x-api-key", key));

        Assert.Equal("token_quota_exceeded", refused.Error(429).GetProperty("code").GetString());
        Assert.Equal(TimeSpan.FromHours(12), refused.RetryAfter);
        _clock.Advance(TimeSpan.FromHours(12));
        _ = (await server.PostAsync(Path, Hello, ("x-api-key", key))).Ok;
    }

    [Fact]
    public void A_file_that_is_none_of_keys_is_refused_by_name()
    {
        File.WriteAllText(_folder["keys.json"], "[]");

        Assert.Contains(_folder["keys.json"], Assert.Throws<InvalidDataException>(() => Keys.Read()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"keys": [null]}""", "key 1 has no id, name or hash")]
    [InlineData("""{"keys": [{"id": "a", "name": "n", "hash": null, "created": "2026-01-01T00:00:00Z"}]}""", "key 1 has no id, name or hash")]
    [InlineData("""{"keys": [{"id": "a", "name": "n", "hash": "h", "created": "2026-01-01T00:00:00Z", "tokens_per_minute": 0}]}""", "key 1 ('n') has a limit under 1")]
    public void A_key_that_no_request_could_be_held_to_is_refused_with_its_place(string file, string words)
    {
        File.WriteAllText(_folder["keys.json"], file);

        Assert.Contains(words, Assert.Throws<InvalidDataException>(() => Keys.Read()).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Add(string name, Func<ApiKey, ApiKey>? limits = null) => Keys.Add(name, limits ?? (k => k), _clock.GetUtcNow());

    private Task<TinyServer> StartAsync() => TinyServer.StartAsync(fixture.Model, services: s => s.AddSingleton<TimeProvider>(_clock).AddPunaApiKeys(_folder["keys.json"]));
}
