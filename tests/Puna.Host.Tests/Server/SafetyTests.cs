using System.Text.Json;
using Puna.Safety.Audit;
using Puna.Safety.Policy;
using Puna.Safety.Streams;
using Puna.Tests.Formats;
using Puna.Tests.Models;
using Puna.Tests.Safety;

namespace Puna.Host.Tests.Server;

/// <summary>The safety policy around the endpoints: what is decided, whatever API and form an answer is asked for in.</summary>
public sealed class SafetyTests(GuardModelFile guards) : IClassFixture<GuardModelFile>, IAsyncLifetime
{
    private const string Chat = """{"messages":[{"role":"user","content":"hello"}],"max_tokens":60,"temperature":0""";
    private const string Continue = """{"prompt":"hello","max_tokens":60,"temperature":0""";

    private readonly TinyModelFolder _files = new();
    private readonly TemporaryFolder _folder = new();
    private PunaModel _model = null!;

    public ValueTask InitializeAsync()
    {
        _model = PunaModel.Load(_files.Llama4, TinyModelFolder.OneThread);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _model.Dispose();
        _files.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("/v1/chat/completions", Chat)]
    [InlineData("/v1/completions", Continue)]
    public async Task An_answer_ends_where_it_is_refused_streamed_and_whole(string path, string request)
    {
        string free = await WithoutPolicyAsync(path, request);
        string pattern = System.Text.RegularExpressions.Regex.Escape(free[(free.Length / 2)..((free.Length / 2) + 6)]);
        using AuditLog audit = AuditLog.Open(_folder["records"]);
        using SafetyPolicy policy = SafetyPolicy.Parse($$$"""{"version":1,"stream":{"checkEvery":16},"roles":{"assistant":[{"scanner":"regex","settings":{"patterns":[{"name":"half","pattern":{{{JsonSerializer.Serialize(pattern)}}}}]}}]}}""");
        await using TinyServer server = await TinyServer.StartAsync(_model, options => options.Safety = new SafetyGuard(new PolicyHost(policy), audit));

        JsonElement whole = (await server.PostAsync(path, request + "}")).Ok.GetProperty("choices")[0];
        JsonElement[] chunks = (await server.PostAsync(path, request + ",\"stream\":true}")).Chunks;
        string text = TextOf(whole);
        Assert.StartsWith(text, free, StringComparison.Ordinal);
        Assert.True(text.Length < free.Length / 2 + 6, text);
        Assert.Equal(text, string.Concat(chunks.Select(c => TextOf(c.GetProperty("choices")[0]))));
        foreach (JsonElement choice in (JsonElement[])[whole, chunks[^1].GetProperty("choices")[0]])
        {
            Assert.Equal("content_filter", choice.GetProperty("finish_reason").GetString());
            JsonElement safety = choice.GetProperty("safety");
            Assert.True(safety.GetProperty("refused").GetBoolean());
            Assert.Equal("half", safety.GetProperty("categories")[0].GetString());
            Assert.Equal("regex", safety.GetProperty("decisions").EnumerateArray().Last().GetProperty("rules")[0].GetProperty("scanner").GetString());
        }

        Assert.All(chunks.SkipLast(1), c => Assert.Equal(JsonValueKind.Null, c.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind));
        Assert.Null(AuditVerification.Of(_folder["records"]).Problem);
        Assert.True(AuditVerification.Of(_folder["records"]).Records >= 2);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"I am jo@mail.example"},{"role":"assistant","content":"Hi."},{"role":"user","content":"password=Tr0ub4dor99"}]""")]
    [InlineData("/v1/completions", """{"prompt":"password=Tr0ub4dor99" """)]
    public async Task A_refused_request_computes_nothing(string path, string request)
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"secrets"},{"scanner":"personal-data","action":"redact"}]}}""");
        await using TinyServer server = await TinyServer.StartAsync(_model, options => options.Safety = new SafetyGuard(new PolicyHost(policy)));
        foreach (string more in (string[])["}", ",\"n\":3}"])
        {
            JsonElement reply = (await server.PostAsync(path, request + more)).Ok;
            Assert.All(reply.GetProperty("choices").EnumerateArray(), c => Assert.Equal(("content_filter", ""), (c.GetProperty("finish_reason").GetString(), TextOf(c))));
            Assert.Equal(0, reply.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        }
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"hello"}],"max_tokens":3,"tools":[{"type":"function","function":{"name":"f","description":"TEXT"}}]}""", "\"finish_reason\":\"content_filter\"")]
    [InlineData("/v1/messages", """{"max_tokens":3,"messages":[{"role":"user","content":"hello"}],"tools":[{"name":"f","input_schema":{"type":"object","properties":{"a":{"type":"string","description":"TEXT"}}}}]}""", "\"stop_reason\":\"refusal\"")]
    public async Task Tools_are_judged_as_the_model_reads_them(string path, string request, string told)
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"system":[{"scanner":"secrets"},{"scanner":"personal-data","action":"redact"}]}}""");
        await using TinyServer server = await TinyServer.StartAsync(_model, options => options.Safety = new SafetyGuard(new PolicyHost(policy)));

        foreach (string held in (string[])["password=Tr0ub4dor99", "jo@mail.example"])
            Assert.Contains(told, (await server.PostAsync(path, request.Replace("TEXT", held, StringComparison.Ordinal))).Body, StringComparison.Ordinal);
        Assert.DoesNotContain(told, (await server.PostAsync(path, request.Replace("TEXT", "tells the time", StringComparison.Ordinal))).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/responses", """{"input":"password=Tr0ub4dor99"}""", "\"reason\":\"content_filter\"")]
    [InlineData("/v1/responses", """{"input":"password=Tr0ub4dor99","stream":true}""", "\"reason\":\"content_filter\"")]
    [InlineData("/v1/messages", """{"max_tokens":9,"messages":[{"role":"user","content":"password=Tr0ub4dor99"}]}""", "\"stop_reason\":\"refusal\"")]
    [InlineData("/v1/messages", """{"max_tokens":9,"messages":[{"role":"user","content":"password=Tr0ub4dor99"}],"stream":true}""", "\"stop_reason\":\"refusal\"")]
    [InlineData("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"password=Tr0ub4dor99"}]}""", "\"done_reason\":\"content_filter\"")]
    [InlineData("/api/generate", """{"model":"tiny","prompt":"password=Tr0ub4dor99","raw":true,"stream":false}""", "\"done_reason\":\"content_filter\"")]
    public async Task Every_api_tells_of_a_refusal_in_its_own_words(string path, string request, string told)
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"secrets"}]}}""");
        await using TinyServer server = await TinyServer.StartAsync(_model, options => options.Safety = new SafetyGuard(new PolicyHost(policy)));
        TinyServer.Reply reply = await server.PostAsync(path, request);
        Assert.Equal(System.Net.HttpStatusCode.OK, reply.Status);
        Assert.Contains(told, reply.Body, StringComparison.Ordinal);
        Assert.Contains("\"safety\":{\"refused\":true,\"categories\":[\"assigned-secret\"]", reply.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_reaches_the_model_redacted_and_an_answer_that_passes_is_what_it_was()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"user":[{"scanner":"personal-data","action":"redact"}],"assistant":[{"scanner":"secrets"}]}}""");
        await using TinyServer guarded = await TinyServer.StartAsync(_model, options => options.Safety = new SafetyGuard(new PolicyHost(policy)));
        foreach ((string path, string sent, string reached) in ((string, string, string)[])
        [
            ("/v1/chat/completions", Chat.Replace("hello", "I am jo@mail.example", StringComparison.Ordinal), Chat.Replace("hello", "I am [email]", StringComparison.Ordinal)),
            ("/v1/completions", Continue.Replace("hello", "I am jo@mail.example", StringComparison.Ordinal), Continue.Replace("hello", "I am [email]", StringComparison.Ordinal)),
        ])
        {
            string expected = await WithoutPolicyAsync(path, reached);
            JsonElement choice = (await guarded.PostAsync(path, sent + "}")).Ok.GetProperty("choices")[0];
            Assert.Equal(expected, TextOf(choice));
            Assert.False(choice.GetProperty("safety").GetProperty("refused").GetBoolean());
            Assert.Equal("redact", choice.GetProperty("safety").GetProperty("decisions")[0].GetProperty("action").GetString());
        }
    }

    [Fact]
    public async Task Log_probabilities_leave_with_their_words_alone()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse("""{"version":1,"roles":{"assistant":[{"scanner":"secrets"}]}}""");
        await using TinyServer guarded = await TinyServer.StartAsync(_model, options => options.Safety = new SafetyGuard(new PolicyHost(policy)));
        await using TinyServer free = await TinyServer.StartAsync(_model);
        const string Asked = Chat + ",\"logprobs\":true}";
        JsonElement expected = (await free.PostAsync("/v1/chat/completions", Asked)).Ok.GetProperty("choices")[0].GetProperty("logprobs");
        Assert.Equal(expected.GetRawText(), (await guarded.PostAsync("/v1/chat/completions", Asked)).Ok.GetProperty("choices")[0].GetProperty("logprobs").GetRawText());
    }

    [Fact]
    public async Task Moderations_have_the_guards_scores_for_each_text_alone()
    {
        using SafetyPolicy policy = SafetyPolicy.Parse($$$"""{"version":1,"models":{"guard":{"type":"llama-guard","path":{{{JsonSerializer.Serialize(guards.Path)}}},"minMass":0,"threads":1}},"roles":{}}""");
        await using TinyServer server = await TinyServer.StartAsync(_model, options => options.Safety = new SafetyGuard(new PolicyHost(policy)));
        JsonElement reply = (await server.PostAsync("/v1/moderations", """{"input":["hello you","and the thing"]}""")).Ok;
        Assert.StartsWith("modr-", reply.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, reply.GetProperty("results").GetArrayLength());
        JsonElement second = reply.GetProperty("results")[1], alone = (await server.PostAsync("/v1/moderations", """{"input":"and the thing"}""")).Ok.GetProperty("results")[0];
        Assert.Equal(alone.GetRawText(), second.GetRawText());
        Assert.Equal(13, second.GetProperty("categories").EnumerateObject().Count());
        Assert.Equal(13, second.GetProperty("category_scores").EnumerateObject().Count());
        JsonElement guard = second.GetProperty("llama_guard");
        float p = guard.GetProperty("p_unsafe").GetSingle();
        Assert.InRange(p, 0.001f, 0.999f);
        Assert.Equal(p >= 0.5f, second.GetProperty("flagged").GetBoolean());
        Assert.Equal(14, guard.GetProperty("scores").EnumerateObject().Count());
        Assert.All(second.GetProperty("category_scores").EnumerateObject(), s => Assert.InRange(s.Value.GetSingle(), 0, p));
        Assert.Contains(second.GetProperty("category_scores").EnumerateObject(), s => s.Value.GetSingle() > 0);

        // A conversation, of which the last message is judged; parts are one text.
        JsonElement agent = (await server.PostAsync("/v1/moderations", """{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"and the thing"}],"model":"x"}""")).Ok;
        Assert.Equal("x", agent.GetProperty("model").GetString());
        Assert.NotEqual(p, Assert.Single(agent.GetProperty("results").EnumerateArray()).GetProperty("llama_guard").GetProperty("p_unsafe").GetSingle());
        Assert.Single((await server.PostAsync("/v1/moderations", """{"input":[{"type":"text","text":"and"},{"type":"text","text":"the"}]}""")).Ok.GetProperty("results").EnumerateArray());

        (await server.PostAsync("/v1/moderations", """{"input":[{"type":"image_url","image_url":{"url":"data:"}}]}""")).Error(400);
        (await server.PostAsync("/v1/moderations", """{"input":[]}""")).Error(400);
        (await server.PostAsync("/v1/moderations", """{"input":"  "}""")).Error(400);
        (await server.PostAsync("/v1/moderations", """{"input":"a","messages":[]}""")).Error(400);
        await using TinyServer bare = await TinyServer.StartAsync(_model);
        (await bare.PostAsync("/v1/moderations", """{"input":"a"}""")).Error(501);
    }

    private async Task<string> WithoutPolicyAsync(string path, string request)
    {
        await using TinyServer free = await TinyServer.StartAsync(_model);
        return TextOf((await free.PostAsync(path, request + "}")).Ok.GetProperty("choices")[0]);
    }

    private static string TextOf(JsonElement choice) =>
        choice.TryGetProperty("text", out JsonElement text) ? text.GetString()!
        : choice.TryGetProperty("message", out JsonElement message) ? message.GetProperty("content").GetString()!
        : choice.GetProperty("delta").TryGetProperty("content", out JsonElement content) ? content.GetString() ?? "" : "";
}
