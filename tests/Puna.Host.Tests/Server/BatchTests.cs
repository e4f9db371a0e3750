using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Batch;
using OpenAI.Files;
using Puna.Server;
using Puna.Server.Access;
using Puna.Tests.Formats;

#pragma warning disable OPENAI001 // the client calls its batches experimental

namespace Puna.Host.Tests.Server;

/// <summary>Files and batches, with the official client, and what they take and refuse.</summary>
public sealed class BatchTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>, IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private TinyServer _server = null!;

    private OpenAIClient Client => new(new ApiKeyCredential("unused"), new OpenAIClientOptions
    {
        Endpoint = new Uri("http://localhost/v1"),
        Transport = new HttpClientPipelineTransport(_server.Http),
        RetryPolicy = new ClientRetryPolicy(0),
    });

    public async ValueTask InitializeAsync() => _server = await TinyServer.StartAsync(fixture.Model, services: s => s.AddPunaBatches(_folder["data"]));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_official_client_sends_a_batch_and_reads_its_answers()
    {
        string[] words = ["hello", "and", "it", "in the", "hello hello"];
        string lines = string.Concat(words.Select((w, i) => Line($"r{i}", Chat(w)) + "\n")) + Line("bad", """{"messages": [], "temperature": 0}""");
        OpenAIFile input = await Client.GetOpenAIFileClient().UploadFileAsync(BinaryData.FromString(lines), "in.jsonl", FileUploadPurpose.Batch);
        Assert.Equal(("in.jsonl", Encoding.UTF8.GetByteCount(lines)), (input.Filename, (int)input.SizeInBytes!));

        JsonElement batch = await RunAsync(input.Id);

        Assert.Equal("completed", batch.GetProperty("status").GetString());
        Assert.Equal((6, 5, 1), Counts(batch));
        BinaryData output = await Client.GetOpenAIFileClient().DownloadFileAsync(batch.GetProperty("output_file_id").GetString());
        JsonElement[] answers = Lines(output);
        Assert.Equal(["r0", "r1", "r2", "r3", "r4"], answers.Select(a => a.GetProperty("custom_id").GetString()));
        for (int i = 0; i < words.Length; i++)
        {
            JsonElement direct = (await _server.PostAsync("/v1/chat/completions", Chat(words[i]))).Ok;
            Assert.Equal(200, answers[i].GetProperty("response").GetProperty("status_code").GetInt32());
            Assert.Equal(Content(direct), Content(answers[i].GetProperty("response").GetProperty("body")));
        }

        JsonElement error = Assert.Single(Lines(await Client.GetOpenAIFileClient().DownloadFileAsync(batch.GetProperty("error_file_id").GetString())));
        Assert.Equal(("bad", 400), (error.GetProperty("custom_id").GetString(), error.GetProperty("response").GetProperty("status_code").GetInt32()));
        Assert.Equal("messages", error.GetProperty("response").GetProperty("body").GetProperty("error").GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("/v1/completions", """{"prompt": "hello", "max_tokens": 3, "temperature": 0}""", "text_completion")]
    [InlineData("/v1/responses", """{"input": "hello", "max_output_tokens": 3, "temperature": 0}""", "response")]
    public async Task Batches_go_to_other_endpoints_too(string endpoint, string body, string kind)
    {
        JsonElement batch = await RunAsync(await UploadAsync(Line("a", body, endpoint)), endpoint);

        byte[] output = await _server.Http.GetByteArrayAsync($"/v1/files/{batch.GetProperty("output_file_id").GetString()}/content", TestContext.Current.CancellationToken);
        Assert.Equal(kind, Assert.Single(Lines(BinaryData.FromBytes(output))).GetProperty("response").GetProperty("body").GetProperty("object").GetString());
    }

    [Fact]
    public async Task A_batch_whose_file_is_wrong_fails_and_says_where()
    {
        string lines = string.Join('\n',
            Line("a", Chat("a")), "{", Line("a", Chat("b")), """{"custom_id": "b", "method": "GET", "url": "/v1/chat/completions", "body": {}}""",
            Line("c", Chat("c"), "/v1/completions"), Line("d", """{"stream": true}"""), """{"custom_id": "e", "colour": 1}""");

        JsonElement batch = (await CreateAsync(await UploadAsync(lines))).Ok;

        Assert.Equal("failed", batch.GetProperty("status").GetString());
        (int, string?)[] errors = [.. batch.GetProperty("errors").GetProperty("data").EnumerateArray().Select(e => (e.GetProperty("line").GetInt32(), e.GetProperty("code").GetString()))];
        Assert.Equal([(2, "invalid_json"), (3, "duplicate_custom_id"), (4, "invalid_value"), (5, "mismatched_endpoint"), (6, "invalid_value"), (7, "unknown_parameter")], errors);
        Assert.Equal("failed", (await _server.GetAsync($"/v1/batches/{batch.GetProperty("id").GetString()}")).Ok.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_cancelled_batch_ends_with_what_it_has()
    {
        string lines = string.Join('\n', Enumerable.Range(0, 300).Select(i => Line($"r{i}", """{"messages": [{"role": "user", "content": "hello"}], "max_tokens": 60, "ignore_eos": true}""")));
        string id = (await CreateAsync(await UploadAsync(lines))).Ok.GetProperty("id").GetString()!;

        JsonElement batch = (await _server.PostAsync($"/v1/batches/{id}/cancel", "")).Ok;
        JsonElement again = (await _server.PostAsync($"/v1/batches/{id}/cancel", "")).Ok;

        Assert.Equal("cancelled", batch.GetProperty("status").GetString());
        Assert.Equal(batch.GetRawText(), again.GetRawText());
        byte[] errors = await _server.Http.GetByteArrayAsync($"/v1/files/{batch.GetProperty("error_file_id").GetString()}/content", TestContext.Current.CancellationToken);
        JsonElement[] given = Lines(BinaryData.FromBytes(errors));
        Assert.Equal(300, given.Length + Counts(batch).Completed);
        Assert.All(given, l => Assert.Equal("batch_cancelled", l.GetProperty("error").GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("a\\\\b.jsonl")]
    [InlineData("c:evil")]
    [InlineData("a\u0001b")]
    [InlineData("")]
    public async Task A_name_that_is_a_path_is_refused(string name)
    {
        JsonElement error = (await PostFormAsync($"--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{{}}\r\n--x--\r\n")).Error(400);

        Assert.Equal("file", error.GetProperty("param").GetString());
        Assert.Equal(["batches.db", "batches.db-wal"], Directory.EnumerateFiles(_folder["data"]).Select(p => Path.GetFileName(p)).Order());
    }

    [Theory]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x--\r\n", "file", "missing")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{}\r\n--x--\r\n", "purpose", "missing")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{}\r\n--x--\r\n", "purpose", "fine-tune")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"colour\"\r\n\r\nred\r\n--x--\r\n", "colour", "not a field")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{}", null, "ended before it was whole")]
    public async Task A_form_at_fault_is_named(string form, string? param, string words)
    {
        JsonElement error = (await PostFormAsync(form)).Error(400);

        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_too_long_is_refused()
    {
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, o => o.MaxBodyBytes = 1000, s => s.AddPunaBatches(_folder["other"]));
        using MultipartFormDataContent form = new() { { new StringContent("batch"), "purpose" }, { new ByteArrayContent(new byte[2000]), "file", "a.jsonl" } };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/files") { Content = form };

        Assert.Equal("body_too_large", (await server.SendAsync(request)).Error(413).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Files_and_batches_are_listed_page_by_page_and_deleted()
    {
        List<string> ids = [];
        for (int i = 0; i < 5; i++) ids.Add(await UploadAsync(Line("a", Chat($"{i}"))));

        JsonElement first = (await _server.GetAsync("/v1/files?limit=3")).Ok, second = (await _server.GetAsync($"/v1/files?limit=3&after={ids[2]}")).Ok;

        Assert.Equal([ids[4], ids[3], ids[2]], first.GetProperty("data").EnumerateArray().Select(f => f.GetProperty("id").GetString()));
        Assert.Equal([ids[1], ids[0]], second.GetProperty("data").EnumerateArray().Select(f => f.GetProperty("id").GetString()));
        Assert.Equal((true, false), (first.GetProperty("has_more").GetBoolean(), second.GetProperty("has_more").GetBoolean()));
        Assert.True((await Client.GetOpenAIFileClient().DeleteFileAsync(ids[0], TestContext.Current.CancellationToken)).Value.Deleted);
        (await _server.GetAsync($"/v1/files/{ids[0]}")).Error(404);
        (await _server.GetAsync("/v1/files?limit=0")).Error(400);
        Assert.Equal("file_not_found", (await CreateAsync(ids[0])).Error(404).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Files_and_batches_are_their_keys_alone_and_charged_to_it()
    {
        ApiKeyFile keys = new(_folder["keys.json"]);
        string mine = keys.Add("mine", k => k with { TokensPerDay = 20 }, DateTimeOffset.UtcNow), theirs = keys.Add("theirs", k => k, DateTimeOffset.UtcNow);
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, services: s => s.AddPunaApiKeys(keys.Path).AddPunaBatches(_folder["keyed"]));
        string file = await UploadAsync(Line("a", Chat("hello")), server, mine);

        (await server.GetAsync($"/v1/files/{file}", ("x-api-key", theirs))).Error(404);
        (await CreateAsync(file, server: server, key: theirs)).Error(404);
        string batch = (await CreateAsync(file, server: server, key: mine)).Ok.GetProperty("id").GetString()!;
        (await server.GetAsync($"/v1/batches/{batch}", ("x-api-key", theirs))).Error(404);

        TinyServer.Reply reply;
        for (int i = 0; (reply = await server.GetAsync($"/v1/batches/{batch}", ("x-api-key", mine))).Status == System.Net.HttpStatusCode.OK && i < 1000; i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Equal("token_quota_exceeded", reply.Error(429).GetProperty("code").GetString()); // what the batch used is over the key's quota
    }

    [Fact]
    public async Task Without_a_folder_there_are_none()
    {
        Assert.Equal("no_data_folder", (await fixture.Server.GetAsync("/v1/files")).Error(404).GetProperty("code").GetString());
        Assert.Equal("no_data_folder", (await fixture.Server.PostAsync("/v1/batches", "{}")).Error(404).GetProperty("code").GetString());
    }

    private static string Chat(string words) => $$"""{"messages": [{"role": "user", "content": "{{words}}"}], "max_tokens": 8, "temperature": 0}""";

    private static string Line(string id, string body, string url = "/v1/chat/completions") => $$"""{"custom_id": "{{id}}", "method": "POST", "url": "{{url}}", "body": {{body}}}""";

    private static JsonElement[] Lines(BinaryData data) => [.. data.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];

    private static string Content(JsonElement completion) => completion.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static (int Total, int Completed, int Failed) Counts(JsonElement batch)
    {
        JsonElement counts = batch.GetProperty("request_counts");
        return (counts.GetProperty("total").GetInt32(), counts.GetProperty("completed").GetInt32(), counts.GetProperty("failed").GetInt32());
    }

    private async Task<JsonElement> RunAsync(string input, string endpoint = "/v1/chat/completions")
    {
        BinaryContent content = BinaryContent.Create(BinaryData.FromString($$"""{"input_file_id": "{{input}}", "endpoint": "{{endpoint}}", "completion_window": "24h"}"""));
        CreateBatchOperation operation = await Client.GetBatchClient().CreateBatchAsync(content, waitUntilCompleted: false);
        for (int i = 0; i < 1500; i++)
        {
            JsonElement batch = (await _server.GetAsync($"/v1/batches/{operation.BatchId}")).Ok;
            if (batch.GetProperty("status").GetString() != "in_progress") return batch;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException("The batch did not end.");
    }

    private Task<TinyServer.Reply> CreateAsync(string file, string endpoint = "/v1/chat/completions", TinyServer? server = null, string key = "") =>
        (server ?? _server).PostAsync("/v1/batches", $$"""{"input_file_id": "{{file}}", "endpoint": "{{endpoint}}", "completion_window": "24h"}""", ("x-api-key", key));

    private async Task<string> UploadAsync(string lines, TinyServer? server = null, string key = "")
    {
        using MultipartFormDataContent form = new() { { new StringContent("batch"), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(lines)), "file", "in.jsonl" } };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/files") { Content = form };
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        return (await (server ?? _server).SendAsync(request)).Ok.GetProperty("id").GetString()!;
    }

    private async Task<TinyServer.Reply> PostFormAsync(string form)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/files") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(form)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        return await _server.SendAsync(request);
    }
}
