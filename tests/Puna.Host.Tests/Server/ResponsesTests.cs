using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpenAI;
using OpenAI.Responses;
using Puna.Server;
using Puna.Server.Access;
using Puna.Tests.Formats;

#pragma warning disable OPENAI001 // the client calls its responses experimental

namespace Puna.Host.Tests.Server;

/// <summary><c>/v1/responses</c> with the official client, and what it takes and refuses.</summary>
public sealed class ResponsesTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private const string Path = "/v1/responses";

    private TinyServer Server => fixture.Server;

    private ResponsesClient Client => new OpenAIClient(new ApiKeyCredential("unused"), new OpenAIClientOptions
    {
        Endpoint = new Uri("http://localhost/v1"),
        Transport = new HttpClientPipelineTransport(fixture.Server.Http),
        RetryPolicy = new ClientRetryPolicy(0),
    }).GetResponsesClient();

    [Fact]
    public async Task Answers_as_chat_completions_do()
    {
        ResponseResult result = await Client.CreateResponseAsync(Greedy("hello"), TestContext.Current.CancellationToken);

        Assert.Equal(await ChatAsync("""{"role": "user", "content": "hello"}"""), result.GetOutputText());
        Assert.Equal(ResponseStatus.Incomplete, result.Status);
        Assert.Equal("tiny", result.Model);
        Assert.Equal(10, result.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task Streams_what_it_gets_whole()
    {
        CreateResponseOptions options = Greedy("hello");
        options.StreamingEnabled = true;
        string text = "", done = "";
        List<int> sequence = [];
        ResponseResult? end = null;
        await foreach (StreamingResponseUpdate update in await Client.CreateResponseStreamingAsync(options, TestContext.Current.CancellationToken))
        {
            sequence.Add(update.SequenceNumber);
            if (update is StreamingResponseOutputTextDeltaUpdate delta) text += delta.Delta;
            if (update is StreamingResponseOutputTextDoneUpdate whole) done += whole.Text;
            if (update is StreamingResponseIncompleteUpdate incomplete) end = incomplete.Response;
        }

        Assert.Equal(await ChatAsync("""{"role": "user", "content": "hello"}"""), text);
        Assert.Equal(text, done);
        Assert.Equal(text, end!.GetOutputText());
        Assert.Equal(10, end.Usage.OutputTokenCount);
        Assert.Equal(Enumerable.Range(0, sequence.Count), sequence);
    }

    [Fact]
    public async Task Goes_on_from_an_answer_until_it_is_deleted()
    {
        ResponseResult first = await Client.CreateResponseAsync(Greedy("hello"), TestContext.Current.CancellationToken);
        CreateResponseOptions next = Greedy("and");
        next.PreviousResponseId = first.Id;

        ResponseResult second = await Client.CreateResponseAsync(next, TestContext.Current.CancellationToken);
        ResponseResult again = await Client.GetResponseAsync(first.Id, cancellationToken: TestContext.Current.CancellationToken);

        string said = JsonSerializer.Serialize(first.GetOutputText());
        Assert.Equal(await ChatAsync($$"""{"role": "user", "content": "hello"}, {"role": "assistant", "content": {{said}}}, {"role": "user", "content": "and"}"""), second.GetOutputText());
        Assert.True(second.Usage.InputTokenDetails.CachedTokenCount > 0);
        Assert.Equal(first.GetOutputText(), again.GetOutputText());

        Assert.True((await Client.DeleteResponseAsync(first.Id, TestContext.Current.CancellationToken)).Value.Deleted);
        ClientResultException gone = await Assert.ThrowsAsync<ClientResultException>(() => Client.CreateResponseAsync(next, TestContext.Current.CancellationToken));
        Assert.Equal(404, gone.Status);
        Assert.Contains("response_not_found", gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_is_kept_for_its_own_key_alone_and_only_where_it_may_be()
    {
        using TemporaryFolder folder = new();
        ApiKeyFile keys = new(folder["keys.json"]);
        string mine = keys.Add("mine", k => k, DateTimeOffset.UtcNow), theirs = keys.Add("theirs", k => k, DateTimeOffset.UtcNow);
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, services: s => s.AddPunaApiKeys(keys.Path));

        string kept = await CreateAsync("true"), dropped = await CreateAsync("false");

        _ = (await server.GetAsync($"{Path}/{kept}", ("x-api-key", mine))).Ok;
        (await server.GetAsync($"{Path}/{kept}", ("x-api-key", theirs))).Error(404);
        (await server.GetAsync($"{Path}/{dropped}", ("x-api-key", mine))).Error(404);

        async Task<string> CreateAsync(string store) =>
            (await server.PostAsync(Path, $$"""{"input": "hello", "max_output_tokens": 2, "store": {{store}}}""", ("x-api-key", mine))).Ok.GetProperty("id").GetString()!;
    }

    [Fact]
    public async Task Logprobs_come_where_they_are_included()
    {
        const string Request = """{"input": "hello", "max_output_tokens": 5, "include": ["message.output_text.logprobs"], "top_logprobs": 2""";

        JsonElement whole = (await Server.PostAsync(Path, Request + "}")).Ok;
        JsonElement[] events = [.. (await Server.PostAsync(Path, Request + ", \"stream\": true}")).Events.Select(e => JsonElement.Parse(e.Data))];

        JsonElement[] logprobs = [.. whole.GetProperty("output")[0].GetProperty("content")[0].GetProperty("logprobs").EnumerateArray()];
        Assert.Equal(5, logprobs.Length);
        Assert.All(logprobs, l => Assert.Equal(2, l.GetProperty("top_logprobs").GetArrayLength()));
        Assert.Equal(5, events.Where(e => e.GetProperty("type").GetString() == "response.output_text.delta").Sum(e => e.GetProperty("logprobs").GetArrayLength()));
    }

    [Theory]
    [InlineData("\"input\": null", "input", "input is missing")]
    [InlineData("\"input\": []", "input", "an empty array")]
    [InlineData("\"input\": [5]", "input[0]", "input[0] is a number; an object is needed")]
    [InlineData("\"input\": [{\"role\": \"wizard\", \"content\": \"a\"}]", "input[0].role", "wizard")]
    [InlineData("\"input\": [{\"role\": \"user\"}]", "input[0].content", "missing")]
    [InlineData("\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_image\"}]}]", "input[0].content[0].type", "text only")]
    [InlineData("\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_text\", \"text\": 5}]}]", "input[0].content[0].text", "a string is needed")]
    [InlineData("\"input\": [{\"type\": \"item_reference\", \"id\": \"x\"}]", "input[0].type", "item_reference")]
    [InlineData("\"input\": [{\"type\": \"function_call\", \"name\": \"f\", \"arguments\": \"{}\"}]", "input[0].call_id", "missing")]
    [InlineData("\"input\": [{\"role\": \"user\", \"content\": \"a\", \"colour\": 1}]", "input[0].colour", "not a field")]
    [InlineData("\"input\": \"a\", \"max_output_tokens\": 0", "max_output_tokens", "at least 1")]
    [InlineData("\"input\": \"a\", \"temperature\": 101", "temperature", "0 to 100")]
    [InlineData("\"input\": \"a\", \"background\": true", "background", "cannot be honoured")]
    [InlineData("\"input\": \"a\", \"reasoning\": {\"effort\": \"high\"}", "reasoning", "no reasoning")]
    [InlineData("\"input\": \"a\", \"include\": [null]", "include", "include asks for ''")]
    [InlineData("\"input\": \"a\", \"include\": [\"file_search_call.results\"]", "include", "file_search_call.results")]
    [InlineData("\"input\": \"a\", \"tools\": [{\"type\": \"web_search\"}]", "tools[0].type", "function alone")]
    [InlineData("\"input\": \"a\", \"tool_choice\": {\"type\": \"function\", \"name\": \"f\"}", "tool_choice", "not among the tools")]
    [InlineData("\"input\": \"a\", \"text\": {\"format\": {\"type\": \"xml\"}}", "text.format.type", "xml")]
    [InlineData("\"input\": \"a\", \"text\": {\"colour\": 1}", "text.colour", "not a field")]
    [InlineData("\"input\": \"a\", \"colour\": 1", "colour", "not a field")]
    public async Task A_field_at_fault_is_named(string fields, string param, string words)
    {
        JsonElement error = (await Server.PostAsync(Path, $"{{{fields}}}")).Error(400);

        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_in_a_stream_is_an_event_of_its_own()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, Puna.Tests.Models.TinyModelFolder.OneThread with { ContextLength = 1_000_000 });
        await using TinyServer server = await TinyServer.StartAsync(model, o => o.RequestTimeout = TimeSpan.FromSeconds(2));

        TinyServer.Reply reply = await server.PostAsync(Path, """{"input": "a", "ignore_eos": true, "stream": true}""");

        (string? name, string data) = reply.Events[^1];
        Assert.Equal("error", name);
        Assert.Equal(("error", "timeout"), (JsonElement.Parse(data).GetProperty("type").GetString(), JsonElement.Parse(data).GetProperty("code").GetString()));
    }

    private static CreateResponseOptions Greedy(string text)
    {
        CreateResponseOptions options = new() { Model = "tiny", Instructions = "be", Temperature = 0, MaxOutputTokenCount = 10 };
        options.InputItems.Add(ResponseItem.CreateUserMessageItem(text));
        return options;
    }

    private async Task<string> ChatAsync(string messages)
    {
        TinyServer.Reply reply = await Server.PostAsync("/v1/chat/completions", $$"""{"messages": [{"role": "system", "content": "be"}, {{messages}}], "temperature": 0, "max_tokens": 10}""");
        return reply.Ok.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }
}
