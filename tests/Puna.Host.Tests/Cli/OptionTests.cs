using System.Net;
using System.Text;
using System.Text.Json;
using Puna.Tests.Formats;
using Puna.Tests.Models;

namespace Puna.Host.Tests.Cli;

/// <summary>What options of the commands do, each where nothing else tells.</summary>
public sealed class OptionTests(TinyModelFolder models) : IClassFixture<TinyModelFolder>, IDisposable
{
    private const string Schema = """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["a","b"],"additionalProperties":false}""";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("--top-k", "1"), InlineData("--top-p", "0"), InlineData("--min-p", "1")]
    public void A_filter_that_leaves_one_token_is_the_greedy_choice(string option, string value)
    {
        string[] command = ["run", models.Llama, "--prompt", "hello", "--max-tokens", "8"];

        Assert.Equal(PunaCommand.Run([.. command, "--temperature", "0"]).Done(), PunaCommand.Run([.. command, "--temperature", "2", "--seed", "5", option, value]).Done());
    }

    [Fact]
    public void A_repetition_is_penalized_and_a_stop_text_ends_the_answer()
    {
        string[] command = ["run", models.Llama, "--prompt", "hello", "--max-tokens", "24", "--temperature", "0", "--json"];
        JsonElement plain = PunaCommand.Run(command).Json();
        int[] ids = plain.GetProperty("ids").Integers(), penalized = PunaCommand.Run([.. command, "--repeat-penalty", "100"]).Json().GetProperty("ids").Integers();
        string text = plain.GetProperty("text").GetString()!, end = text[3..5];
        JsonElement stopped = PunaCommand.Run([.. command, "--stop", "never in it", "--stop", end]).Json();

        Assert.True(penalized.Distinct().Count() > ids.Distinct().Count());
        Assert.Equal(text[..text.IndexOf(end, StringComparison.Ordinal)], stopped.GetProperty("text").GetString());
        Assert.Equal("stop", stopped.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public void Special_tokens_can_be_read_as_text()
    {
        const string Text = "<|begin_of_text|>";

        Assert.Single(Ids());
        Assert.True(Ids("--no-special").Length > 1);

        int[] Ids(params string[] more) => PunaCommand.Run(["tokenize", models.Llama, "--text", Text, "--no-bos", "--json", .. more]).Json().GetProperty("ids").Integers();
    }

    [Fact]
    public void A_benchmark_of_generation_alone_begins_deep_in_the_cache()
    {
        JsonElement json = PunaCommand.Run("bench", models.Llama, "--prompt-tokens", "0", "--generate-tokens", "2", "--depth", "5", "--batch", "2", "--repetitions", "3", "--json").Json();

        Assert.Equal(0, json.GetProperty("prefill_tps").GetArrayLength());
        Assert.Equal(3, json.GetProperty("decode_tps").GetArrayLength());
    }

    [Theory]
    [InlineData("any", "any", "[true,true,false]")]
    [InlineData("declared", "any", "[false,true,false]")]
    [InlineData("any", "none", "[false,true,false]")]
    public void A_schema_is_tried_in_the_order_and_whitespace_that_are_wanted(string order, string whitespace, string accepted)
    {
        string schema = _folder.Write("schema.json", Encoding.UTF8.GetBytes(Schema));
        string[] files = [_folder.Write("swapped.json", """{"b": "x", "a": 1}"""u8.ToArray()), _folder.Write("tight.json", """{"a":1,"b":"x"}"""u8.ToArray()), _folder.Write("short.json", """{"a":1}"""u8.ToArray())];

        JsonElement json = PunaCommand.Run(["constrain", schema, "--tokenizer", models.Llama, "--key-order", order, "--whitespace", whitespace, "--json", "--accept", .. files]).Json();

        Assert.Equal(accepted, json.GetProperty("accepted").GetRawText());
    }

    [Fact]
    public void A_suite_of_schemas_is_counted_and_a_malformed_line_is_named()
    {
        string suite = _folder.Write("suite.jsonl", Encoding.UTF8.GetBytes("""
            {"schema": {"type": "integer"}, "tests": [{"data": 1, "valid": true}, {"data": "a", "valid": false}]}
            {"schema": {"type": "nosuch"}, "tests": []}

            """));

        Assert.Contains("2 schemas, 1 refused; 1 of 1 valid accepted, 1 of 1 invalid rejected", PunaCommand.Run("constrain", "--suite", suite).Done(), StringComparison.Ordinal);
        Assert.Contains("bad.jsonl, line 1", PunaCommand.Run("constrain", "--suite", _folder.Write("bad.jsonl", "5\n"u8.ToArray())).Refused(2), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_of_a_key_are_listed()
    {
        string file = _folder["keys.json"];
        PunaCommand.Run("keys", "add", "me", "--keys", file, "--requests-per-minute", "1", "--tokens-per-minute", "2", "--tokens-per-day", "3000000000").Done();

        JsonElement key = PunaCommand.Run("keys", "list", "--keys", file, "--json").Json();

        Assert.Equal((1, 2, 3000000000L), (key.GetProperty("requests_per_minute").GetInt32(), key.GetProperty("tokens_per_minute").GetInt32(), key.GetProperty("tokens_per_day").GetInt64()));
        Assert.Contains("(1 requests a minute, 2 tokens a minute, 3000000000 tokens a day)", PunaCommand.Run("keys", "list", "--keys", file).Done(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_is_expected_is_there_or_the_chain_was_cut()
    {
        string policy = _folder.Write("p.json", """{"version":1,"roles":{"user":[{"scanner":"secrets"}]}}"""u8.ToArray()), records = _folder["records"];
        PunaCommand.Run("guard", "policy", policy, "--check", "hello", "--audit", records).Done();
        string hash = PunaCommand.Run("audit", "verify", records, "--json").Json().GetProperty("hash").GetString()!;

        PunaCommand.Run("audit", "verify", records, "--expect", hash).Done();
        Assert.Equal(1, PunaCommand.Run("audit", "verify", records, "--expect", new string('0', 64)).ExitCode);
    }

    [Fact]
    public void Questions_are_generated_at_the_lengths_depths_and_of_the_tasks_that_are_named()
    {
        PunaCommand.Run("eval", "generate", "needle", "--lengths", "512,1k", "--depths", "0,100", "--count", "1", "--out", _folder["needle"]).Done();
        PunaCommand.Run("eval", "generate", "ruler", "--lengths", "1k", "--tasks", "vt,niah_single_1", "--count", "2", "--out", _folder["ruler"]).Done();

        Assert.Equal(4, File.ReadLines(_folder["needle/test.jsonl"]).Count());
        Assert.Equal(4, File.ReadLines(_folder["ruler/test.jsonl"]).Count());
    }

    [Fact]
    public void Prompts_that_do_not_fit_are_refused_or_cut_and_counted()
    {
        string[] command = ["eval", "run", "lmeval/arc_easy", "--limit", "2", "--context", "24", "--json"];

        Assert.NotEqual(0, PunaCommand.Run(command).ExitCode);
        JsonElement cut = PunaCommand.Run([.. command, "--truncate-left"]).Json();
        Assert.Equal(2, cut.GetProperty("items").GetInt32());
        Assert.True(cut.GetProperty("prompts_cut").GetInt32() > 0);
    }

    [Fact]
    public void A_text_is_measured_in_windows_and_a_model_is_no_distance_from_itself()
    {
        string text = _folder.Write("text.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("hello the world and you. ", 60))));

        JsonElement json = PunaCommand.Run("eval", "perplexity", "--model", models.Llama, "--text", text, "--window", "32", "--tokens", "128", "--reference", models.Llama, "--json").Json();

        Assert.InRange(json.GetProperty("tokens").GetInt32(), 31 * 3, 31 * 4 + 4); // what no window is left for goes unread
        Assert.Equal(0, json.GetProperty("kl_max").GetDouble());
        Assert.Equal(1, json.GetProperty("top1_agreement").GetDouble());
    }

    [Fact]
    public void Without_a_yes_nothing_is_fetched()
    {
        Assert.Contains("Nothing was fetched", PunaCommand.Run("eval", "fetch", "mmlu", "--to", _folder["data"]).Done(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task A_server_keeps_to_the_names_and_bounds_it_is_started_with()
    {
        string policy = _folder.Write("p.json", """{"version":1,"roles":{"user":[{"scanner":"secrets"}]}}"""u8.ToArray()), records = _folder["records"];
        using ServingProcess server = await ServingProcess.StartAsync(
            models.Llama4,
            ["--id", "large", "--alias", "big", "--alias", "l", "--also", $"small={models.Llama}", "--model-memory", "8", "--unload-after", "0", "--parallel", "2", "--retain", "0", "--max-queue", "3",
            "--kv-memory", "1", "--context", "100000000", "--request-timeout", "10", "--max-body", "1", "--policy", policy, "--audit", records, "--audit-excerpt", "5"]);

        using JsonDocument list = JsonDocument.Parse(await server.Http.GetStringAsync("v1/models", Cancellation));
        Assert.Equal(["large", "small"], list.RootElement.GetProperty("data").EnumerateArray().Select(m => m.GetProperty("id").GetString()!).Order());
        foreach (string name in (string[])["large", "big", "l", "small"]) Assert.Equal(HttpStatusCode.OK, await AskAsync(name, "hello", "\"max_tokens\": 1"));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync("nosuch", "hello", "\"max_tokens\": 1"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await AskAsync("large", new string('a', 1 << 20), "\"max_tokens\": 1"));
        Assert.Equal(HttpStatusCode.GatewayTimeout, await AskAsync("large", "hello", "\"ignore_eos\": true"));
        Assert.Contains("\"excerpt\":\"hello\"", File.ReadAllText(Directory.GetFiles(records, "audit-*.jsonl").Single()), StringComparison.Ordinal);

        async Task<HttpStatusCode> AskAsync(string model, string text, string more)
        {
            using StringContent body = new($$"""{"model": "{{model}}", "messages": [{"role": "user", "content": "{{text}}"}], {{more}}}""", Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await server.Http.PostAsync("v1/chat/completions", body, Cancellation);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task A_server_can_be_examined_by_its_endpoint()
    {
        using ServingProcess server = await ServingProcess.StartAsync(models.Llama4, "--id", "m");
        string[] command = ["eval", "run", "simple/mmlu", "--endpoint", $"{server.Url}v1", "--remote-model", "m", "--variant", "instruct", "--limit", "2", "--concurrency", "2", "--timeout", "60", "--json"];

        JsonElement json = await Task.Run(() => PunaCommand.Run([.. command, "--api", "openai"]).Json(), Cancellation);

        Assert.Equal((2, 0), (json.GetProperty("items").GetInt32(), json.GetProperty("errors").GetInt32()));
        Assert.Contains("--api-key-env NOSUCH: the variable is not set", PunaCommand.Run([.. command, "--api-key-env", "NOSUCH"]).Refused(2), StringComparison.Ordinal);
        Assert.Contains("--api telepathy: choose one of", PunaCommand.Run([.. command, "--api", "telepathy"]).Refused(2), StringComparison.Ordinal);
    }
}
