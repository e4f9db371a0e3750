using System.Text.Json;

namespace Puna.Host.Tests.Server;

/// <summary>Answers held to a schema, over every API that can ask for one.</summary>
public sealed class ClientFormatTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    private const string Schema = """{"type": "object", "properties": {"age": {"type": "integer", "minimum": 10, "maximum": 99}, "ok": {"type": "boolean"}}, "required": ["age", "ok"], "additionalProperties": false}""";
    private const string Impossible = """{"type": "string", "pattern": "(a)\\1"}""";

    private TinyServer Server => fixture.Server;

    public static TheoryData<string, string> Requests => new(
        ("/api/chat", """{"messages": [{"role": "user", "content": "hello"}], "stream": false, "options": {"num_predict": 80, "temperature": 2}, "format": SCHEMA}"""),
        ("/api/generate", """{"prompt": "hello", "stream": false, "options": {"num_predict": 80, "temperature": 2}, "format": SCHEMA}"""),
        ("/v1/messages", """{"messages": [{"role": "user", "content": "hello"}], "max_tokens": 80, "temperature": 2, "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}"""),
        ("/v1/responses", """{"input": "hello", "max_output_tokens": 80, "temperature": 2, "text": {"format": {"type": "json_schema", "name": "person", "strict": true, "schema": SCHEMA}}}"""));

    [Theory, MemberData(nameof(Requests))]
    public async Task An_answer_has_the_form_that_was_asked_for(string path, string request)
    {
        int whole = 0;
        for (int i = 0; i < 300 && whole < 3; i++)
        {
            TinyServer.Reply reply = await Server.PostAsync(path, request.Replace("SCHEMA", Schema, StringComparison.Ordinal));
            if (!IsWhole(reply.Ok)) continue; // a model of random weights may write blanks until it has no more tokens

            JsonElement answer = JsonElement.Parse(Text(reply.Ok));
            whole++;
            Assert.Equal(["age", "ok"], answer.EnumerateObject().Select(p => p.Name).Order());
            Assert.InRange(answer.GetProperty("age").GetInt32(), 10, 99);
            Assert.Contains(answer.GetProperty("ok").ValueKind, (JsonValueKind[])[JsonValueKind.True, JsonValueKind.False]);
        }

        Assert.Equal(3, whole);
    }

    [Theory, MemberData(nameof(Requests))]
    public async Task A_schema_that_cannot_be_enforced_is_refused_with_its_place(string path, string request)
    {
        TinyServer.Reply reply = await Server.PostAsync(path, request.Replace("SCHEMA", Impossible, StringComparison.Ordinal));

        Assert.Equal(System.Net.HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains("/pattern", reply.Body, StringComparison.Ordinal);
    }

    private static bool IsWhole(JsonElement reply) =>
        (reply.TryGetProperty("done_reason", out JsonElement reason) && reason.GetString() == "stop")
        || (reply.TryGetProperty("stop_reason", out reason) && reason.GetString() == "end_turn")
        || (reply.TryGetProperty("status", out reason) && reason.GetString() == "completed");

    private static string Text(JsonElement reply) =>
        reply.TryGetProperty("message", out JsonElement message) ? message.GetProperty("content").GetString()!
        : reply.TryGetProperty("response", out JsonElement response) ? response.GetString()!
        : reply.TryGetProperty("output", out JsonElement output) ? output[0].GetProperty("content")[0].GetProperty("text").GetString()!
        : reply.GetProperty("content")[0].GetProperty("text").GetString()!;
}
