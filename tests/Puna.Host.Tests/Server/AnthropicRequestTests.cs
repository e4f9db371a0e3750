using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server;
using Puna.Server.Access;
using Puna.Tests.Formats;

namespace Puna.Host.Tests.Server;

/// <summary>What Anthropic's endpoints take and refuse.</summary>
public sealed class AnthropicRequestTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private const string Path = "/v1/messages";

    private TinyServer Server => fixture.Server;

    [Theory]
    [InlineData("\"thinking\": {\"type\": \"enabled\", \"budget_tokens\": 2000}", "'thinking' cannot be honoured")]
    [InlineData("\"temperature\": -1", "temperature is -1; allowed: 0 to 100")]
    [InlineData("\"stop_sequences\": [\"\"]", "stop_sequences[0] has 0 characters")]
    [InlineData("\"stop_sequences\": [null]", "stop_sequences[0] is null; a string is needed")]
    [InlineData("\"stop_sequences\": \"a\"", "stop_sequences is a string; an array is needed")]
    [InlineData("\"max_tokens\": 0", "max_tokens is 0")]
    [InlineData("\"max_tokens\": null", "max_tokens is missing")]
    [InlineData("\"system\": 5", "system is a number; a string or a list of blocks")]
    [InlineData("\"system\": [{\"type\": \"image\"}]", "system[0] is of the type 'image'")]
    [InlineData("\"tool_choice\": {\"type\": \"any\"}", "there are no tools")]
    [InlineData("\"tool_choice\": {\"type\": \"some\"}", "allowed: auto, any, tool, none")]
    [InlineData("\"tools\": [{\"type\": \"web_search_20250305\", \"name\": \"web_search\"}]", "runs no tools of its own")]
    [InlineData("\"tools\": [{\"name\": \"f\", \"input_schema\": 5}]", "tools[0].input_schema is a number")]
    [InlineData("\"output_config\": {\"format\": {\"type\": \"xml\"}}", "output_config.format.type is 'xml'")]
    [InlineData("\"mcp_servers\": [{}]", "opens no connections")]
    [InlineData("\"colour\": \"red\"", "'colour' is not a field")]
    public async Task What_cannot_be_honoured_is_named(string field, string words)
    {
        string before = field.Contains("max_tokens", StringComparison.Ordinal) ? "" : "\"max_tokens\": 5, ";
        AssertError((await Server.PostAsync(Path, $$"""{{{before}}"messages": [{"role": "user", "content": "a"}], {{field}}}""")), words);
    }

    [Theory]
    [InlineData("[]", "messages is missing or empty")]
    [InlineData("[null]", "messages[0] is null")]
    [InlineData("[{\"role\": \"wizard\", \"content\": \"a\"}]", "messages[0].role is 'wizard'")]
    [InlineData("[{\"role\": \"user\"}]", "messages[0].content is missing")]
    [InlineData("[{\"role\": \"user\", \"content\": 5}]", "messages[0].content is a number; a string or a list of blocks")]
    [InlineData("[{\"role\": \"user\", \"content\": [5]}]", "messages[0].content[0] is a number; an object is needed")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"text\": \"a\"}]}]", "messages[0].content[0].type is missing")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": 5}]}]", "messages[0].content[0].text is a number; a string is needed")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\", \"colour\": 1}]}]", "'messages[0].content[0].colour' is not a field")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"type\": \"image\", \"source\": {}}]}]", "is of the type 'image'")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"type\": \"tool_use\", \"id\": \"1\", \"name\": \"f\", \"input\": {}}]}]", "does not belong to a message of the user")]
    [InlineData("[{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", \"content\": \"b\"}]", "messages[1] is the assistant's")]
    public async Task A_message_at_fault_is_named(string messages, string words) =>
        AssertError((await Server.PostAsync(Path, $$"""{"max_tokens": 5, "messages": {{messages}}}""")), words);

    [Fact]
    public async Task Blocks_are_read_as_the_text_they_hold()
    {
        string plain = """{"system": "be\nin", "messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "and"}, {"role": "user", "content": "it"}]}""";
        string blocks = """
            {"system": [{"type": "text", "text": "be", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "in"}],
             "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}, {"role": "assistant", "content": [{"type": "text", "text": "and"}]}, {"role": "user", "content": [{"type": "text", "text": "it"}]}]}
            """;

        int count = await CountAsync(plain);
        Assert.Equal(count, await CountAsync(blocks));
        string openAI = """{"messages": [{"role": "system", "content": "be\nin"}, {"role": "user", "content": "hello"}, {"role": "assistant", "content": "and"}, {"role": "user", "content": "it"}]}""";
        Assert.Equal(count, (await Server.PostAsync("/v1/tokenize", openAI)).Ok.GetProperty("count").GetInt32());

        async Task<int> CountAsync(string body) => (await Server.PostAsync("/v1/messages/count_tokens", body)).Ok.GetProperty("input_tokens").GetInt32();
    }

    [Fact]
    public async Task A_stop_sequence_that_ended_the_answer_is_told()
    {
        string whole = (await Server.PostAsync(Path, """{"max_tokens": 10, "temperature": 0, "messages": [{"role": "user", "content": "hello"}]}""")).Ok.GetProperty("content")[0].GetProperty("text").GetString()!;
        string stop = JsonSerializer.Serialize(whole[3..6]);

        JsonElement reply = (await Server.PostAsync(Path, $$"""{"max_tokens": 10, "temperature": 0, "stop_sequences": [{{stop}}], "messages": [{"role": "user", "content": "hello"}]}""")).Ok;

        Assert.Equal("stop_sequence", reply.GetProperty("stop_reason").GetString());
        Assert.Equal(whole[3..6], reply.GetProperty("stop_sequence").GetString());
    }

    [Fact]
    public async Task Events_are_named_and_an_error_before_them_is_an_error_of_the_request()
    {
        TinyServer.Reply reply = await Server.PostAsync(Path, """{"max_tokens": 4, "stream": true, "messages": [{"role": "user", "content": "hello"}]}""");

        Assert.All(reply.Events, e => Assert.Equal(e.Name, JsonElement.Parse(e.Data).GetProperty("type").GetString()));
        Assert.Equal("message_start", reply.Events[0].Name);
        Assert.Equal("message_stop", reply.Events[^1].Name);
        AssertError(await Server.PostAsync(Path, $$"""{"max_tokens": 4, "stream": true, "messages": [{"role": "user", "content": "{{new string('x', 2000)}}"}]}"""), "The prompt has");
    }

    [Fact]
    public async Task The_beginning_of_a_stream_tells_the_tokens_that_the_model_was_given()
    {
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, options => options.ChatPipeline = (_, client) =>
            client.AsBuilder().ConfigureOptions(o => o.Instructions = "hello and it in the hello and it in the").Build());
        TinyServer.Reply reply = await server.PostAsync(Path, """{"max_tokens": 4, "stream": true, "messages": [{"role": "user", "content": "hello"}]}""");

        JsonElement begun = JsonElement.Parse(reply.Events[0].Data).GetProperty("message").GetProperty("usage");
        JsonElement ended = JsonElement.Parse(reply.Events.Single(e => e.Name == "message_delta").Data).GetProperty("usage");
        Assert.Equal(ended.GetProperty("input_tokens").GetInt32() + ended.GetProperty("cache_read_input_tokens").GetInt32(), begun.GetProperty("input_tokens").GetInt32());
    }

    [Fact]
    public async Task A_key_is_asked_for_in_the_shape_and_taken_from_its_header()
    {
        using TemporaryFolder folder = new();
        ApiKeyFile file = new(folder["keys.json"]);
        string key = file.Add("someone", k => k, DateTimeOffset.UtcNow);
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, services: s => s.AddPunaApiKeys(file.Path));
        const string Body = """{"max_tokens": 1, "messages": [{"role": "user", "content": "a"}]}""";

        TinyServer.Reply refused = await server.PostAsync(Path, Body);
        Assert.Equal((401, "authentication_error"), ((int)refused.Status, refused.Json.GetProperty("error").GetProperty("type").GetString()));
        _ = (await server.PostAsync(Path, Body, ("x-api-key", key))).Ok;
    }

    private static void AssertError(TinyServer.Reply reply, string words)
    {
        Assert.True((int)reply.Status == 400, $"{reply.Status}: {reply.Body}");
        Assert.Equal("error", reply.Json.GetProperty("type").GetString());
        JsonElement error = reply.Json.GetProperty("error");
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
