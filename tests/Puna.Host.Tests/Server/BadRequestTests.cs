using System.Text.Json;
using Puna.Engine;
using Puna.Tests;

namespace Puna.Host.Tests.Server;

public sealed class BadRequestTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private const string Path = "/v1/chat/completions";

    private TinyServer Server => fixture.Server;

    [Theory]
    [InlineData("", "invalid_json", "no body")]
    [InlineData("{", "invalid_json", "not JSON")]
    [InlineData("{]", "invalid_json", "line 1, byte 2")]
    [InlineData("null", "invalid_json", "The body is null")]
    [InlineData("[]", "invalid_json", "The body is an array")]
    [InlineData("""{"n": 1, "n": 2}""", "invalid_json", "'n' is given twice")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"content\": \"\\ud83d\"}]}", "invalid_json", "half of a surrogate pair")]
    [InlineData("{\"\\ud83d\": 1}", "invalid_json", "half of a surrogate pair")]
    public async Task A_body_that_is_no_request_is_refused_with_its_place(string body, string code, string words)
    {
        JsonElement error = (await Server.PostAsync(Path, body)).Error(400);

        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deep_nesting_is_refused()
    {
        string deep = """{"messages": """ + new string('[', 100_000) + new string(']', 100_000) + "}";

        Assert.Contains("nested more than 64 deep", (await Server.PostAsync(Path, deep)).Error(400).GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"temperature\": \"hot\"", "temperature", "temperature is a string; a number is needed")]
    [InlineData("\"temperature\": 101", "temperature", "temperature is 101; allowed: 0 to 100")]
    [InlineData("\"top_p\": 1.5", "top_p", "allowed: 0 to 1")]
    [InlineData("\"max_tokens\": 0", "max_tokens", "at least 1")]
    [InlineData("\"max_tokens\": 1.5", "max_tokens", "a whole number is needed")]
    [InlineData("\"max_tokens\": 2, \"max_completion_tokens\": 3", "max_tokens", "differ")]
    [InlineData("\"stream\": \"yes\"", "stream", "true or false is needed")]
    [InlineData("\"n\": 0", "n", "at least 1")]
    [InlineData("\"n\": 1000", "n", "at most 16")]
    [InlineData("\"n\": 2000000000", "n", "at most 16")]
    [InlineData("\"n\": 2000000000, \"stream\": true", "n", "at most 16")]
    [InlineData("\"stop\": [\"\"]", "stop[0]", "0 characters")]
    [InlineData("\"stop\": 5", "stop", "a string or a list of strings")]
    [InlineData("\"logit_bias\": {\"a\": 1}", "logit_bias", "'a'")]
    [InlineData("\"logit_bias\": {\"99999\": 1}", "logit_bias", "99999")]
    [InlineData("\"logit_bias\": {\"1\": \"x\"}", "logit_bias.1", "a number is needed")]
    [InlineData("\"top_logprobs\": 2", "top_logprobs", "needs logprobs")]
    [InlineData("\"logprobs\": true, \"top_logprobs\": 21", "top_logprobs", "0 to 20")]
    [InlineData("\"dry_penalty_last_n\": -2", "dry_penalty_last_n", "dry_penalty_last_n is -2")]
    [InlineData("\"stream_options\": {\"include_usage\": true}", "stream_options", "for streams")]
    [InlineData("\"stream\": true, \"stream_options\": {\"include_all\": true}", "stream_options.include_all", "not a field")]
    [InlineData("\"temprature\": 1", "temprature", "'temprature' is not a field")]
    [InlineData("\"audio\": {}", "audio", "text only")]
    [InlineData("\"store\": true", "store", "not stored")]
    [InlineData("\"reasoning_effort\": \"high\"", "reasoning_effort", "no reasoning")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}], \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"g\"}}", "tool_choice", "not among the tools")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"strict\": true, \"parameters\": {\"properties\": {\"a\": {\"format\": \"no-such-format\"}}}}}]", "tools[0].parameters", "no-such-format")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"properties\": {\"a\": {\"format\": \"no-such-format\"}}}}}], \"tool_choice\": \"required\"", "tools[0].parameters", "no-such-format")]
    [InlineData("\"tools\": [{\"type\": \"web_search\"}]", "tools[0].type", "web_search")]
    [InlineData("\"tools\": [{\"type\": \"function\"}]", "tools[0].function", "missing")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {}}]", "tools[0].function.name", "1 to 128")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f g\"}}]", "tools[0].function.name", "'f g'")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"colour\": 1}}]", "tools[0].function.colour", "not a field")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"type\": \"array\"}}}]", "tools[0].function.parameters.type", "\"object\" is needed")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"properties\": {\"a\": 1}}}}]", "tools[0].function.parameters.properties.a", "a schema is needed")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}, {\"type\": \"function\", \"function\": {\"name\": \"f\"}}]", "tools[1].function.name", "another tool's")]
    [InlineData("\"tool_choice\": \"required\"", "tool_choice", "there are no tools")]
    [InlineData("\"tools\": [{\"type\": \"web_search\"}]", "tools[0].type", "function alone")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a b\"}}]", "tools[0].function.name", "letters")]
    [InlineData("\"response_format\": {\"type\": \"xml\"}", "response_format.type", "xml")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"a\", \"schema\": {\"properties\": {\"a\": {\"pattern\": \"(a)\\\\1\"}}}}}", "response_format.json_schema.schema", "/properties/a/pattern")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\"}", "response_format.json_schema.schema", "a JSON Schema is needed")]
    [InlineData("\"response_format\": {\"type\": \"text\", \"colour\": 1}", "response_format.colour", "not a field")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"schema\": {}, \"nme\": \"a\"}}", "response_format.json_schema.nme", "not a field")]
    [InlineData("\"response_format\": {}", "response_format.type", "missing")]
    [InlineData("\"response_format\": \"json\"", "response_format", "an object is needed")]
    [InlineData("\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"f\", \"strict\": true}}", "tool_choice.function.strict", "not a field")]
    [InlineData("\"tool_choice\": {\"type\": \"allowed_tools\", \"allowed_tools\": {}}", "tool_choice.allowed_tools", "not a field")]
    [InlineData("\"max_completion_tokens\": 0", "max_completion_tokens", "max_completion_tokens is 0")]
    public async Task A_field_at_fault_is_named(string field, string param, string words)
    {
        JsonElement error = (await Server.PostAsync(Path, $$"""{"messages": [{"role": "user", "content": "a"}], {{field}}}""")).Error(400);

        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"store\": false")]
    [InlineData("\"audio\": null")]
    [InlineData("\"modalities\": [\"text\"]")]
    [InlineData("\"service_tier\": \"auto\"")]
    [InlineData("\"user\": \"someone\", \"metadata\": {\"a\": \"b\"}, \"prompt_cache_key\": \"x\"")]
    [InlineData("\"response_format\": {\"type\": \"text\"}")]
    [InlineData("\"tools\": [], \"tool_choice\": \"none\"")]
    [InlineData("\"n\": 1, \"stop\": null, \"logit_bias\": null, \"seed\": null")]
    public async Task Fields_that_ask_for_nothing_more_are_taken(string field) =>
        _ = (await Server.PostAsync(Path, $$"""{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1, {{field}}}""")).Ok;

    [Theory]
    [InlineData("[]", "messages", "empty")]
    [InlineData("null", "messages", "missing")]
    [InlineData("\"hello\"", "messages", "an array is needed")]
    [InlineData("[null]", "messages[0]", "null")]
    [InlineData("[{\"content\": \"a\"}]", "messages[0].role", "missing")]
    [InlineData("[{\"role\": \"wizard\", \"content\": \"a\"}]", "messages[0].role", "wizard")]
    [InlineData("[{\"role\": 5, \"content\": \"a\"}]", "messages[0].role", "a string is needed")]
    [InlineData("[{\"role\": \"user\"}]", "messages[0].content", "missing")]
    [InlineData("[{\"role\": \"user\", \"content\": 5}]", "messages[0].content", "a list of parts")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\": \"https://example.org/a.png\"}}]}]", "messages[0].content[0]", "text only")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"type\": \"text\"}]}]", "messages[0].content[0].text", "missing")]
    [InlineData("[{\"role\": \"tool\", \"content\": \"a\"}]", "messages[0].tool_call_id", "missing")]
    [InlineData("[{\"role\": \"tool\", \"content\": \"a\", \"tool_call_id\": \"call_1\"}]", "messages[0].tool_call_id", "no message before it")]
    [InlineData("[{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"1\", \"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": \"[\"}}]}]", "messages[0].tool_calls[0].function.arguments", "not JSON")]
    [InlineData("[{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"1\", \"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": \"{\\\"a\\\":1,\\\"a\\\":2}\"}}]}]", "messages[0].tool_calls[0].function.arguments", "not JSON")]
    [InlineData("[{\"role\": \"assistant\", \"tool_calls\": [null]}]", "messages[0].tool_calls[0]", "null")]
    [InlineData("[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"a\", \"foo\": 1}]}]", "messages[0].content[0].foo", "not a field")]
    [InlineData("[{\"role\": \"user\", \"content\": \"a\", \"colour\": \"red\"}]", "messages[0].colour", "not a field")]
    public async Task A_message_at_fault_is_named(string messages, string param, string words)
    {
        JsonElement error = (await Server.PostAsync(Path, $$"""{"messages": {{messages}}}""")).Error(400);

        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"prompt\": \"a\", \"logprobs\": 21", "logprobs", "logprobs is 21; allowed: 0 to 20")]
    [InlineData("\"prompt\": \"a\", \"max_tokens\": 0", "max_tokens", "at least 1")]
    [InlineData("\"prompt\": \"LONG\"", "prompt", "The prompt has")]
    public async Task A_field_of_a_completion_is_called_what_it_is_there(string fields, string param, string words)
    {
        JsonElement error = (await Server.PostAsync("/v1/completions", $"{{{fields.Replace("LONG", new string('x', 2000), StringComparison.Ordinal)}}}")).Error(400);

        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains(words, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory, InlineData(1_073_741_824), InlineData(int.MaxValue)]
    public async Task Prompts_times_answers_are_counted_without_overflow(int n) =>
        Assert.Equal("n", (await Server.PostAsync("/v1/completions", $$"""{"prompt": ["a", "b", "c", "d"], "n": {{n}}}""")).Error(400).GetProperty("param").GetString());

    [Fact]
    public async Task A_prompt_longer_than_the_context_is_refused()
    {
        JsonElement error = (await Server.PostAsync(Path, $$"""{"messages": [{"role": "user", "content": "{{new string('x', 2000)}}"}]}""")).Error(400);

        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_model_that_is_not_here_is_not_found_and_those_that_are_are_told()
    {
        JsonElement error = (await Server.PostAsync(Path, """{"model": "gpt-9", "messages": [{"role": "user", "content": "a"}]}""")).Error(404);

        Assert.Equal("model_not_found", error.GetProperty("code").GetString());
        Assert.Contains("tiny", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory, InlineData("/v1/nothing"), InlineData("/v1/moderations"), InlineData("/v1/../../etc/passwd"), InlineData("/v1/models/..%2f..%2fetc%2fpasswd")]
    public async Task A_path_that_is_no_endpoint_is_not_found(string path)
    {
        Assert.Contains((int)(await Server.GetAsync(path)).Status, (int[])[404]);
    }

    [Fact]
    public async Task A_wrong_method_is_answered_in_the_shape_too() => (await Server.GetAsync(Path)).Error(404);

    [Fact]
    public async Task A_long_body_is_refused_whether_or_not_its_length_is_told()
    {
        await using TinyServer server = await TinyServer.StartAsync(fixture.Model, o => o.MaxBodyBytes = 1000);
        string body = $$"""{"messages": [{"role": "user", "content": "{{new string('x', 2000)}}"}]}""";

        Assert.Equal("body_too_large", (await server.PostAsync(Path, body)).Error(413).GetProperty("code").GetString());
        using HttpRequestMessage chunked = new(HttpMethod.Post, Path) { Content = new StreamContent(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(body))) };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal("body_too_large", (await server.SendAsync(chunked)).Error(413).GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_answer_that_takes_too_long_ends_with_an_error()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, Puna.Tests.Models.TinyModelFolder.OneThread with { ContextLength = 1_000_000 });
        await using TinyServer server = await TinyServer.StartAsync(model, o => o.RequestTimeout = TimeSpan.FromSeconds(2));
        string endless = """{"messages": [{"role": "user", "content": "a"}], "ignore_eos": true""";

        Assert.Equal("timeout", (await server.PostAsync(Path, endless + "}")).Error(504).GetProperty("code").GetString());
        TinyServer.Reply streamed = await server.PostAsync(Path, endless + ", \"stream\": true}");
        Assert.Equal("timeout", JsonElement.Parse(streamed.Events[^1].Data).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_full_line_turns_requests_away()
    {
        using PunaModel model = PunaModel.Load(fixture.Files.Llama4, Puna.Tests.Models.TinyModelFolder.OneThread with { ContextLength = 1_000_000, MaxSequences = 1 });
        await using TinyServer server = await TinyServer.StartAsync(model, o => o.MaxWaiting = 0);
        const string Short = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1}""";
        _ = (await server.PostAsync(Path, Short)).Ok; // nobody is before it

        Generation endless = model.Engine.Submit(new GenerationRequest { Prompt = [1], IgnoreEndOfGeneration = true });
        await Eventually.HoldsAsync(() => model.Engine.Status.Running == 1, () => $"{model.Engine.Status}");
        TinyServer.Reply reply = await server.PostAsync(Path, Short);
        endless.Cancel();

        Assert.Equal("queue_full", reply.Error(503).GetProperty("code").GetString());
        Assert.True(reply.RetryAfter > TimeSpan.Zero);
    }
}
