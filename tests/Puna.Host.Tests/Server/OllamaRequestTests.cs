using System.Net;
using System.Text.Json;

namespace Puna.Host.Tests.Server;

/// <summary>What Ollama's endpoints take and refuse.</summary>
public sealed class OllamaRequestTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private TinyServer Server => fixture.Server;

    [Theory]
    [InlineData("\"template\": \"{{ .Prompt }}\"", "'template' cannot be honoured")]
    [InlineData("\"suffix\": \"end\"", "'suffix' cannot be honoured")]
    [InlineData("\"images\": [\"aGk=\"]", "text only")]
    [InlineData("\"context\": [1, 2]", "/api/chat")]
    [InlineData("\"think\": true", "no reasoning")]
    [InlineData("\"raw\": true, \"system\": \"be\"", "together with raw")]
    [InlineData("\"format\": \"xml\"", "format is 'xml'; allowed: json, or a JSON Schema")]
    [InlineData("\"format\": 5", "format is a number")]
    [InlineData("\"options\": {\"mirostat\": 2}", "'options.mirostat' cannot be honoured")]
    [InlineData("\"options\": {\"warmth\": 2}", "'options.warmth' is not a field")]
    [InlineData("\"options\": {\"temperature\": -1}", "options.temperature is -1; allowed: 0 to 100")]
    [InlineData("\"options\": {\"repeat_penalty\": 0}", "options.repeat_penalty is 0")]
    [InlineData("\"options\": {\"num_predict\": 0}", "options.num_predict is 0")]
    [InlineData("\"options\": {\"stop\": [\"\"]}", "options.stop[0] has 0 characters")]
    [InlineData("\"top_logprobs\": 2", "needs logprobs")]
    [InlineData("\"colour\": \"red\"", "'colour' is not a field")]
    public async Task What_cannot_be_honoured_is_named(string field, string words)
    {
        TinyServer.Reply reply = await Server.PostAsync("/api/generate", $$"""{"prompt": "hello", {{field}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(["error"], reply.Json.EnumerateObject().Select(p => p.Name));
        Assert.Contains(words, reply.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"options\": {\"num_ctx\": 4096, \"num_thread\": 8, \"mirostat\": 0, \"num_predict\": 1}")]
    [InlineData("\"options\": {\"num_predict\": 1}, \"keep_alive\": \"5m\", \"think\": false, \"images\": [], \"format\": \"\"")]
    public async Task What_asks_for_nothing_more_is_taken(string field) => _ = (await Server.PostAsync("/api/generate", $$"""{"prompt": "hello", "stream": false, {{field}}}""")).Ok;

    [Fact]
    public async Task Lines_are_json_and_the_last_one_is_the_end()
    {
        TinyServer.Reply reply = await Server.PostAsync("/api/generate", """{"prompt": "hello", "options": {"num_predict": 5, "temperature": 0}}""");

        Assert.Equal("application/x-ndjson", reply.MediaType);
        Assert.EndsWith("\n", reply.Body, StringComparison.Ordinal);
        JsonElement[] lines = [.. reply.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];
        Assert.All(lines[..^1], l => Assert.False(l.GetProperty("done").GetBoolean()));
        Assert.All(lines[..^1], l => Assert.False(l.TryGetProperty("done_reason", out _)));
        Assert.True(lines[^1].GetProperty("done").GetBoolean());
        Assert.Equal("length", lines[^1].GetProperty("done_reason").GetString());
    }

    [Theory, InlineData("/api/generate", "{}"), InlineData("/api/generate", """{"prompt": ""}"""), InlineData("/api/chat", """{"messages": []}""")]
    public async Task Nothing_to_answer_loads_the_model(string path, string body)
    {
        JsonElement reply = (await Server.PostAsync(path, body)).Ok;

        Assert.Equal("load", reply.GetProperty("done_reason").GetString());
        Assert.True(reply.GetProperty("done").GetBoolean());
    }

    [Theory]
    [InlineData("[{\"role\": \"wizard\", \"content\": \"a\"}]", "messages[0].role is 'wizard'")]
    [InlineData("[{\"content\": \"a\"}]", "messages[0].role is missing")]
    [InlineData("[null]", "messages[0] is null")]
    [InlineData("[{\"role\": \"tool\", \"content\": \"a\"}]", "no call before it waits")]
    [InlineData("[{\"role\": \"user\", \"content\": \"a\", \"images\": [\"aGk=\"]}]", "'messages[0].images' cannot be honoured")]
    [InlineData("[{\"role\": \"user\", \"content\": \"a\", \"tool_calls\": [{\"function\": {\"name\": \"f\"}}]}]", "belongs to an assistant's message")]
    [InlineData("[{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\", \"arguments\": \"x\"}}]}]", "messages[0].tool_calls[0].function.arguments is a string")]
    public async Task A_message_at_fault_is_named(string messages, string words)
    {
        TinyServer.Reply reply = await Server.PostAsync("/api/chat", $$"""{"messages": {{messages}}}""");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(words, reply.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory, InlineData("/api/pull"), InlineData("/api/create"), InlineData("/api/blobs/sha256:00")]
    public async Task Endpoints_that_are_not_there_are_answered_in_the_shape(string path)
    {
        TinyServer.Reply reply = await Server.PostAsync(path, "{}");

        Assert.Equal(HttpStatusCode.NotFound, reply.Status);
        Assert.Contains("is not an endpoint of this server", reply.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
    }
}
