using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

/// <summary>Batches of a server that is killed while it answers them.</summary>
public sealed class ServeBatchTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private const int Requests = 60;
    private const int Kills = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killing_the_server_loses_no_answer_and_gives_none_twice()
    {
        string? batch = null;
        int before = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using ServingProcess server = await StartAsync();
            batch ??= await CreateAsync(server);
            int completed = await WaitAsync(server, batch, completed => completed >= (kill + 1) * 8);
            Assert.True(completed >= before, $"{completed} answers after a kill, {before} before it");
            Assert.True(completed < Requests, "the batch ended before the server could be killed");
            before = completed;
        } // disposing kills it

        using ServingProcess last = await StartAsync();
        await WaitAsync(last, batch!, completed => completed == Requests);
        JsonElement ended = await last.Http.GetFromJsonAsync<JsonElement>($"v1/batches/{batch}", TestContext.Current.CancellationToken);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        Assert.False(ended.TryGetProperty("error_file_id", out _));

        string[] lines = (await last.Http.GetStringAsync($"v1/files/{ended.GetProperty("output_file_id").GetString()}/content", TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, Requests).Select(i => $"r{i}"), lines.Select(l => JsonElement.Parse(l).GetProperty("custom_id").GetString()));
        foreach (int i in (int[])[0, 8, Requests - 1])
        {
            using HttpResponseMessage direct = await last.Http.PostAsync("v1/chat/completions", new StringContent(Body(i), Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
            JsonElement alone = await direct.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            Assert.Equal(Content(alone), Content(JsonElement.Parse(lines[i]).GetProperty("response").GetProperty("body")));
        }
    }

    [Fact]
    public async Task Two_servers_do_not_share_a_folder()
    {
        using ServingProcess first = await StartAsync();

        PunaCommand.Result second = PunaCommand.Run("serve", models.Llama4, "--port", "0", "--threads", "1", "--data", _folder["data"]);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("is in use by another server", second.Error, StringComparison.Ordinal);
    }

    private Task<ServingProcess> StartAsync() => ServingProcess.StartAsync(models.Llama4, "--data", _folder["data"], "--parallel", "2");

    private static async Task<string> CreateAsync(ServingProcess server)
    {
        string lines = string.Join('\n', Enumerable.Range(0, Requests).Select(i => $$"""{"custom_id": "r{{i}}", "method": "POST", "url": "/v1/chat/completions", "body": {{Body(i)}}}"""));
        using MultipartFormDataContent form = new() { { new StringContent("batch"), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(lines)), "file", "in.jsonl" } };
        using HttpResponseMessage uploaded = await server.Http.PostAsync("v1/files", form, TestContext.Current.CancellationToken);
        string file = (await uploaded.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("id").GetString()!;
        string request = $$"""{"input_file_id": "{{file}}", "endpoint": "/v1/chat/completions", "completion_window": "24h"}""";
        using HttpResponseMessage created = await server.Http.PostAsync("v1/batches", new StringContent(request, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        return (await created.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("id").GetString()!;
    }

    private static async Task<int> WaitAsync(ServingProcess server, string batch, Func<int, bool> enough)
    {
        for (int i = 0; i < 6000; i++)
        {
            JsonElement told = await server.Http.GetFromJsonAsync<JsonElement>($"v1/batches/{batch}", TestContext.Current.CancellationToken);
            int completed = told.GetProperty("request_counts").GetProperty("completed").GetInt32();
            if (enough(completed)) return completed;
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException("The batch does not get on.");
    }

    private static string Body(int i) => $$"""{"messages": [{"role": "user", "content": "number {{i}}"}], "max_tokens": 100, "temperature": 0, "ignore_eos": true}""";

    private static string Content(JsonElement completion) => completion.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
}
