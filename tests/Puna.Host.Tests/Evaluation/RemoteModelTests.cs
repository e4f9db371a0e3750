using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Remote;
using Puna.Evaluation.Runs;
using Puna.Evaluation.Tasks;
using Puna.Host.Tests.Cli;

namespace Puna.Host.Tests.Evaluation;

public sealed class RemoteModelTests
{
    private static readonly string[] AllFaults = ["429", "503", "timeout", "connection", "malformed", "no reason"];

    [Theory]
    [InlineData(RemoteApi.OpenAIChat)]
    [InlineData(RemoteApi.Anthropic)]
    public async Task Faults_cost_no_question_and_are_accounted_for(RemoteApi api)
    {
        Func<JsonObject, JsonObject> answer = api == RemoteApi.Anthropic ? Anthropic : OpenAI;
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("simple/mmlu"), new RunSettings());
        await using FaultyEndpoint sound = await FaultyEndpoint.StartAsync([], answer), faulty = await FaultyEndpoint.StartAsync(AllFaults, answer);
        RemoteOptions options = Options(faulty, api) with { PricePerMillionIn = 1000, PricePerMillionOut = 4000 };
        using RemoteModel plain = new(Options(sound, api)), tried = new(options);

        RunOutcome expected = await EvaluationRun.ExecuteAsync(run, plain, folder: null), outcome = await EvaluationRun.ExecuteAsync(run, tried, folder: null);

        int questions = run.Requests.Count;
        Assert.Equal((null, 0), RunComparison.Compare(expected.Results, outcome.Results));
        Assert.Equal(0, outcome.Summary.Errors);
        Assert.True(outcome.Summary.Metrics[0].Micro > 0);
        Assert.Equal(questions * (AllFaults.Length + 1), tried.Usage.Requests);
        Assert.Equal(questions * AllFaults.Length, tried.Usage.Retries);
        Assert.All(AllFaults, fault => Assert.Equal(questions, faulty.Injected[fault]));
        Assert.Equal((questions, questions, questions, questions, questions * 2), (tried.Usage.Faults["429"], tried.Usage.Faults["503"], tried.Usage.Faults["timeout"], tried.Usage.Faults["connection"], tried.Usage.Faults["malformed"]));
        Assert.Equal((questions * 100L, questions * 10L), (tried.Usage.PromptTokens, tried.Usage.CompletionTokens)); // what failed is not paid for
        Assert.Equal((questions * 0.1m) + (questions * 0.04m), tried.Usage.Cost(options));
    }

    [Fact]
    public async Task What_cannot_be_mended_by_asking_again_is_asked_once_and_is_an_error_of_its_question()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("simple/mmlu"), new RunSettings());
        await using FaultyEndpoint endpoint = await FaultyEndpoint.StartAsync(["400"], OpenAI);
        using RemoteModel model = new(Options(endpoint, RemoteApi.OpenAIChat));

        RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, model, folder: null);

        Assert.Equal(run.Requests.Count, outcome.Summary.Errors);
        Assert.Equal(run.Requests.Count, model.Usage.Requests);
        Assert.Contains("no such model", outcome.Results[0].Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_texts_are_scored_by_echo()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("lmeval/mmlu"), new RunSettings { Limit = 2 });
        await using FaultyEndpoint endpoint = await FaultyEndpoint.StartAsync([], Echo);
        using RemoteModel model = new(Options(endpoint, RemoteApi.OpenAICompletions) with { Variant = ModelVariant.Base });

        RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, model, folder: null);

        Assert.Equal(8, model.Usage.Requests); // one per continuation
        Assert.All(outcome.Results, result => Assert.Equal([-0.65, -0.66, -0.67, -0.68], result.LogLikelihoods.Select(x => Math.Round(x, 10))));
        Assert.All(endpoint.Received, received => Assert.Equal((true, 1, 1), ((bool)received.Body["echo"]!, (int)received.Body["logprobs"]!, (int)received.Body["max_tokens"]!)));
    }

    [Fact]
    public async Task Likely_tokens_of_a_chat_endpoint_score_letters_under_a_name_of_their_own()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("lmeval/mmlu"), new RunSettings());
        await using FaultyEndpoint endpoint = await FaultyEndpoint.StartAsync([], request => Top(request, "A", "B", "C", "D")), poor = await FaultyEndpoint.StartAsync([], request => Top(request, "A", "B"));
        using RemoteModel model = new(Options(endpoint, RemoteApi.OpenAIChat) with { TopLogprobs = true }), lacking = new(Options(poor, RemoteApi.OpenAIChat) with { TopLogprobs = true }), without = new(Options(endpoint, RemoteApi.OpenAIChat));

        RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, model, folder: null);

        Assert.Equal("lmeval/mmlu[smoke](top-logprobs)", outcome.Summary.Label);
        Assert.Equal([-1.0, -2.0, -3.0, -4.0], outcome.Results[0].LogLikelihoods);
        Assert.Contains("not among the tokens", (await Assert.ThrowsAsync<EvaluationException>(() => EvaluationRun.ExecuteAsync(run, lacking, null))).Message, StringComparison.Ordinal);
        Assert.Contains("does not tell", (await Assert.ThrowsAsync<EvaluationException>(() => EvaluationRun.ExecuteAsync(run, without, null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_is_begun_where_the_interface_has_a_way_and_refused_where_not()
    {
        PreparedRun run = PreparedRun.Of(EvaluationTasks.Find("meta/mmlu-instruct-5shot"), new RunSettings());
        await using FaultyEndpoint endpoint = await FaultyEndpoint.StartAsync([], Anthropic);
        using RemoteModel anthropic = new(Options(endpoint, RemoteApi.Anthropic) with { ApiKey = "secret" }), openAI = new(Options(endpoint, RemoteApi.OpenAIChat));

        RunOutcome outcome = await EvaluationRun.ExecuteAsync(run, anthropic, folder: null);

        JsonArray messages = (JsonArray)endpoint.Received.First().Body["messages"]!;
        Assert.Equal("{\"role\":\"assistant\",\"content\":\"The best answer is\"}", messages[^1]!.ToJsonString());
        Assert.Equal("secret", endpoint.Received.First().Headers["x-api-key"]);
        Assert.DoesNotContain("secret", outcome.Manifest.Identity.ToJsonString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<EvaluationException>(() => EvaluationRun.ExecuteAsync(run, openAI, folder: null));
    }

    [Fact]
    public async Task The_command_asks_an_endpoint_and_tells_what_it_cost()
    {
        await using FaultyEndpoint endpoint = await FaultyEndpoint.StartAsync(["503"], OpenAI);

        PunaCommand.Result result = await Task.Run(() => PunaCommand.Run("eval", "run", "simple/mmlu", "--endpoint", endpoint.BaseUrl.ToString(), "--remote-model", "m", "--variant", "instruct", "--price-in", "1000"));

        Assert.Contains("simple/mmlu[smoke] on m: 8 questions", result.Done(), StringComparison.Ordinal);
        Assert.Contains("16 requests, 8 of them again (8 x 503); 800 tokens in, 80 out, cost 0.8", result.Error, StringComparison.Ordinal);
    }

    private static RemoteOptions Options(FaultyEndpoint endpoint, RemoteApi api) => new()
    {
        BaseUrl = endpoint.BaseUrl,
        Api = api,
        Model = "m",
        Variant = ModelVariant.Instruct,
        Timeout = TimeSpan.FromSeconds(2),
        BackOff = TimeSpan.FromMilliseconds(1),
        Attempts = AllFaults.Length + 1,
        Concurrency = 8,
    };

    private static JsonObject OpenAI(JsonObject request) => new()
    {
        ["model"] = "m-1",
        ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = Letter(request) }, ["finish_reason"] = "stop" }),
        ["usage"] = new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10 },
    };

    private static JsonObject Anthropic(JsonObject request) => new()
    {
        ["model"] = "m-1",
        ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = Letter(request) }),
        ["stop_reason"] = "end_turn",
        ["usage"] = new JsonObject { ["input_tokens"] = 100, ["output_tokens"] = 10 },
    };

    /// <summary>An answer that depends on the question, so that answers to others are noticed.</summary>
    private static string Letter(JsonObject request) => $"So.\nAnswer: {(char)('A' + (request["messages"]![0]!["content"]!.ToString().Length % 4))}";

    /// <summary>A token per character; its log-probability tells the character.</summary>
    private static JsonObject Echo(JsonObject request)
    {
        string text = request["prompt"]!.ToString();
        return new JsonObject
        {
            ["choices"] = new JsonArray(new JsonObject
            {
                ["text"] = text + "!",
                ["finish_reason"] = "length",
                ["logprobs"] = new JsonObject
                {
                    ["token_logprobs"] = new JsonArray([.. (text + "!").Select((c, i) => i == 0 ? null : (JsonNode?)JsonValue.Create(c == ' ' ? 0 : -c / 100.0))]),
                    ["text_offset"] = new JsonArray([.. (text + "!").Select((_, i) => (JsonNode?)JsonValue.Create(i))]),
                },
            }),
        };
    }

    private static JsonObject Top(JsonObject request, params string[] tokens)
    {
        Assert.Equal(20, (int)request["top_logprobs"]!);
        JsonObject answer = OpenAI(request);
        answer["choices"]![0]!["logprobs"] = new JsonObject
        {
            ["content"] = new JsonArray(new JsonObject { ["top_logprobs"] = new JsonArray([.. tokens.Select((token, i) => (JsonNode?)new JsonObject { ["token"] = token, ["logprob"] = -1.0 - i })]) }),
        };
        return answer;
    }
}
