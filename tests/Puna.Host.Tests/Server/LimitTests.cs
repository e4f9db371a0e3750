using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Puna.Engine;
using Puna.Server;
using Puna.Server.Access;
using Puna.Server.Batches;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;
using Puna.Tests;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Server;

/// <summary>No caller takes what is others': tokens of keys, places in lines, memory and disk.</summary>
public sealed class LimitTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>, IDisposable
{
    private static readonly string LongLabel = "{\"a\":\"" + new string('x', 513) + "\"}";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, Action<PunaServerOptions>> Impossible => new()
    {
        { "MaxBodyBytes is 0; allowed: 1 to 2147483647.", o => o.MaxBodyBytes = 0 },
        { "MaxBodyBytes is 2147483648; allowed", o => o.MaxBodyBytes = 1L << 31 },
        { "RequestTimeout is -00:00:01; allowed", o => o.RequestTimeout = TimeSpan.FromSeconds(-1) },
        { "RequestTimeout is 60.00:00:00; allowed", o => o.RequestTimeout = TimeSpan.FromDays(60) },
        { "MaxWaiting is -1; allowed: 0 and more.", o => o.MaxWaiting = -1 },
        { "MaxChoices is 0; allowed: 1 and more.", o => o.MaxChoices = 0 },
        { "UnloadIdleAfter is -00:00:01; allowed", o => o.UnloadIdleAfter = TimeSpan.FromSeconds(-1) },
        { "MemoryBudget is 0; allowed: 1 and more, or null for no limit.", o => o.MemoryBudget = 0 },
    };

    [Theory, MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public async Task A_bound_that_no_server_can_keep_fails_the_start(string words, Action<PunaServerOptions> set)
    {
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => TinyServer.StartAsync(fixture.Model, set));
        Assert.Contains($"PunaServerOptions.{words}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_stops_at_its_keys_tokens_and_others_batches_go_on()
    {
        ApiKeyFile keys = new(_folder["keys.json"]);
        string poor = keys.Add("poor", k => k with { TokensPerDay = 1 }, DateTimeOffset.UtcNow), rich = keys.Add("rich", k => k, DateTimeOffset.UtcNow);
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, services: s => s.AddPunaApiKeys(keys.Path).AddPunaBatches(_folder["data"]));
        BatchDatabase database = server.Services.GetRequiredService<BatchDatabase>();
        string poorBatch = await CreateAsync(server, 40, poor), richBatch = await CreateAsync(server, 3, rich);

        Batch others = await EndOfAsync(database, richBatch, keys.Read()[1].Id);
        Batch own = database.FindBatch(poorBatch, keys.Read()[0].Id)!;

        Assert.Equal(("completed", 3), (others.Status, others.RequestCounts.Completed));
        Assert.Equal("in_progress", own.Status);
        Assert.InRange(own.RequestCounts.Completed, 1, fixture.Model.Engine.Options.MaxSequences / 2); // those under way at once
        Assert.Equal(0, own.RequestCounts.Failed);
    }

    [Fact]
    public async Task Answers_beyond_the_bytes_of_a_batch_are_given_up_by_name()
    {
        await using TinyServer server = await StartAsync(new BatchLimits { AnswerBytes = 2500 });
        BatchDatabase database = server.Services.GetRequiredService<BatchDatabase>();

        Batch batch = await EndOfAsync(database, await CreateAsync(server, 40), null);

        Assert.Equal("completed", batch.Status);
        string[] given = Encoding.UTF8.GetString(database.Content(batch.ErrorFileId!, null)!).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((40, 0), (batch.RequestCounts.Completed + given.Length, batch.RequestCounts.Failed));
        Assert.InRange(batch.RequestCounts.Completed, 1, 10);
        Assert.All(given, g => Assert.Equal("too_many_answer_bytes", JsonElement.Parse(g).GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public void A_batch_whose_files_cannot_be_written_fails_alone()
    {
        using BatchDatabase database = new(_folder["alone"]);
        BatchItem item = new("batch_1", 1, "a", "{}"u8.ToArray());
        database.AddBatch(new Batch { Id = "batch_1", Endpoint = "/v1/embeddings", InputFileId = "file-1", CompletionWindow = "24h", Status = "in_progress", CreatedAt = 1, ExpiresAt = 2, RequestCounts = new BatchCounts(1, 0, 0) }, null, [item]);
        database.Answer(item, 200, "no JSON"u8.ToArray());

        database.End("batch_1", b => b with { Status = "completed" }, 3, new BatchLineError("unanswered", ""));

        Assert.Empty(database.Open());
        Batch batch = database.FindBatch("batch_1", null)!;
        Assert.Equal(("failed", "answers_not_written"), (batch.Status, Assert.Single(batch.Errors!.Data).Code));
    }

    [Fact]
    public async Task Files_batches_and_labels_of_a_client_are_bounded()
    {
        await using TinyServer server = await StartAsync(new BatchLimits { FileBytes = 20_000, OpenBatches = 0 });
        string file = await UploadAsync(server, Lines(2));

        Assert.Equal("too_many_batches", (await PostBatchAsync(server, file)).Error(409).GetProperty("code").GetString());
        Assert.Equal("metadata", (await PostBatchAsync(server, file, $"{{{string.Join(',', Enumerable.Range(0, 17).Select(i => $"\"{i}\":\"\""))}}}")).Error(400).GetProperty("param").GetString());
        Assert.Equal("metadata.a", (await PostBatchAsync(server, file, LongLabel)).Error(400).GetProperty("param").GetString());
        Assert.Equal("file_storage_full", (await PostFileAsync(server, new string('x', 20_000))).Error(413).GetProperty("code").GetString());
        Assert.Equal("metadata.a", (await fixture.Server.PostAsync("/v1/responses", "{\"input\":\"a\",\"metadata\":" + LongLabel + "}")).Error(400).GetProperty("param").GetString());
    }

    [Fact]
    public async Task Empty_files_and_ended_batches_do_not_pile_up()
    {
        await using TinyServer server = await StartAsync(new BatchLimits { FileBytes = 3 * 4096, EndedBatches = 2 });
        for (int i = 0; i < 3; i++) await UploadAsync(server, "");
        Assert.Equal("file_storage_full", (await PostFileAsync(server, "")).Error(413).GetProperty("code").GetString());

        BatchDatabase database = server.Services.GetRequiredService<BatchDatabase>();
        for (int i = 0; i < 5; i++)
            database.AddBatch(new Batch { Id = $"batch_{i}", Endpoint = "/v1/embeddings", InputFileId = "file-1", CompletionWindow = "24h", Status = "failed", CreatedAt = 1, ExpiresAt = 2, RequestCounts = new BatchCounts(0, 0, 0) }, i == 0 ? "other" : null, []);
        Assert.Equal(["batch_4", "batch_3", "batch_2"], database.Batches(null, 10, null).Select(b => b.Id)); // two from before, and the new one
        Assert.NotNull(database.FindBatch("batch_0", "other"));
    }

    [Fact]
    public async Task A_cancelled_batch_leaves_the_model_at_once()
    {
        await using TinyServer server = await StartAsync(new BatchLimits());
        string line = """{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"hello"}],"max_tokens":60,"ignore_eos":true}}""";
        string file = await UploadAsync(server, string.Join('\n', Enumerable.Range(0, 200).Select(i => line.Replace("\"a\"", $"\"{i}\"", StringComparison.Ordinal))));
        string id = (await PostBatchAsync(server, file)).Ok.GetProperty("id").GetString()!;
        await Eventually.HoldsAsync(() => fixture.Model.Engine.Status.Running > 0, () => $"{fixture.Model.Engine.Status}");

        _ = (await server.PostAsync($"/v1/batches/{id}/cancel", "")).Ok;

        await Eventually.HoldsAsync(() => fixture.Model.Engine.Status is { Running: 0, Waiting: 0 }, () => $"{fixture.Model.Engine.Status}");
        JsonElement counts = (await server.GetAsync($"/v1/batches/{id}")).Ok.GetProperty("request_counts");
        Assert.True(counts.GetProperty("completed").GetInt32() < 200, "it was answered to its end"); // what is left after that has ended by itself
        Assert.Empty(server.Services.GetRequiredService<BatchDatabase>().Open());
    }

    [Fact]
    public void What_is_told_of_a_batchs_line_is_short()
    {
        (_, IReadOnlyList<BatchError> errors) = BatchInput.Read("b", Encoding.UTF8.GetBytes($$$"""{"custom_id":"a","method":"POST","url":"{{{new string('u', 10_000)}}}","body":{}}"""), "/v1/embeddings");

        Assert.InRange(Assert.Single(errors).Message.Length, 1, 400);
    }

    [Fact]
    public async Task Texts_to_embed_wait_outside_the_line()
    {
        string[] texts = [.. Enumerable.Range(0, 300).Select(i => $"hello and it in the {i}")];
        Task<TinyServer.Reply> embedding = fixture.Server.PostAsync("/v1/embeddings", $$"""{"input":{{JsonSerializer.Serialize(texts)}}}""");
        int most = 0;
        while (!embedding.IsCompleted)
        {
            EngineStatus status = fixture.Model.Engine.Status;
            most = Math.Max(most, status.Running + status.Waiting);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(300, (await embedding).Ok.GetProperty("data").GetArrayLength());
        Assert.InRange(most, 1, fixture.Model.Engine.Options.MaxSequences); // half of them, and as many that have just ended
    }

    [Fact]
    public async Task Too_many_texts_are_refused_before_any_is_read()
    {
        string texts = "[" + string.Join(',', Enumerable.Repeat("-1", 17).Select(id => $"[{id}]")) + "]"; // none is a token
        Assert.Contains("at most 16", (await fixture.Server.PostAsync("/v1/completions", $$"""{"prompt":{{texts}}}""")).Error(400).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_of_batches_are_not_stored_unasked()
    {
        await using TinyServer server = await StartAsync(new BatchLimits());
        BatchDatabase database = server.Services.GetRequiredService<BatchDatabase>();
        string file = await UploadAsync(server, """{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"input":"hello","max_output_tokens":2}}""");
        string id = (await PostBatchAsync(server, file, endpoint: "/v1/responses")).Ok.GetProperty("id").GetString()!;

        Batch batch = await EndOfAsync(database, id, null);

        JsonElement response = JsonElement.Parse(database.Content(batch.OutputFileId!, null)).GetProperty("response").GetProperty("body");
        Assert.False(response.GetProperty("store").GetBoolean());
        (await server.GetAsync($"/v1/responses/{response.GetProperty("id").GetString()}")).Error(404);
    }

    [Fact]
    public void Stored_answers_count_all_that_they_hold_and_go_for_their_owners_own()
    {
        StoredResponses stored = new();
        ChatMessage[] large = [new ChatMessage(ChatRole.Tool, [new FunctionResultContent("c", new string('x', 1 << 20))])];
        stored.Add("other", "b", [], []);
        for (int i = 0; i < 70; i++) stored.Add($"{i}", "a", large, []);

        Assert.NotNull(stored.Find("other", "b"));
        Assert.Null(stored.Find("0", "a"));
        Assert.Null(stored.Find("6", "a"));
        Assert.NotNull(stored.Find("69", "a"));
    }

    [Fact]
    public async Task The_line_before_the_guard_has_an_end()
    {
        using ModerationLine line = new();
        using (line.Enter(1))
        using (line.Enter(1))
        {
            Assert.Equal("queue_full", Assert.Throws<ApiException>(() => line.Enter(1)).Error.Code);
        }

        using ModerationLine.Place place = line.Enter(0);
        Assert.Equal(1, await line.RunAsync(() => 1, TestContext.Current.CancellationToken));
    }

    private static string Lines(int count) => string.Join('\n', Enumerable.Range(0, count).Select(i =>
        $$$"""{"custom_id":"{{{i}}}","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"hello"}],"max_tokens":8,"temperature":0}}"""));

    private static async Task<Batch> EndOfAsync(BatchDatabase database, string id, string? owner)
    {
        for (int i = 0; i < 1500; i++)
        {
            if (database.FindBatch(id, owner) is { } batch && batch.Status != "in_progress") return batch;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException("The batch did not end.");
    }

    private static async Task<string> CreateAsync(TinyServer server, int lines, string key = "") =>
        (await PostBatchAsync(server, await UploadAsync(server, Lines(lines), key), key: key)).Ok.GetProperty("id").GetString()!;

    private static async Task<string> UploadAsync(TinyServer server, string lines, string key = "") => (await PostFileAsync(server, lines, key)).Ok.GetProperty("id").GetString()!;

    private static async Task<TinyServer.Reply> PostFileAsync(TinyServer server, string lines, string key = "")
    {
        using MultipartFormDataContent form = new() { { new StringContent("batch"), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(lines)), "file", "in.jsonl" } };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/files") { Content = form };
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        return await server.SendAsync(request);
    }

    private static Task<TinyServer.Reply> PostBatchAsync(TinyServer server, string file, string metadata = "null", string endpoint = "/v1/chat/completions", string key = "") =>
        server.PostAsync("/v1/batches", $$"""{"input_file_id":"{{file}}","endpoint":"{{endpoint}}","completion_window":"24h","metadata":{{metadata}}}""", ("x-api-key", key));

    private Task<TinyServer> StartAsync(BatchLimits limits) =>
        TinyServer.StartAsync(fixture.Model, services: s => s.AddSingleton(_ => new BatchDatabase(_folder["data"], limits)).AddPunaBatches(_folder["unused"]));
}
