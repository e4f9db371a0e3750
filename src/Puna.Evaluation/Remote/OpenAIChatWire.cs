using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Remote;

/// <summary>OpenAI's chat completions. Every sampling field is sent, since servers' defaults differ.</summary>
internal sealed class OpenAIChatWire(RemoteOptions options) : IRemoteWire
{
    private const int MaxStops = 4, TopLogprobs = 20;

    public string Path => "chat/completions";

    public bool CanScore => options.TopLogprobs;

    public bool CanPrefill => false;

    public string? ScoreNote => options.TopLogprobs ? "top-logprobs" : null;

    public void Authorize(HttpRequestHeaders headers)
    {
        if (options.ApiKey is { } key) headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public IEnumerable<JsonObject> Bodies(ModelRequest request)
    {
        JsonObject body = new()
        {
            ["model"] = options.Model,
            ["messages"] = Messages(request),
            ["max_tokens"] = request.Continuations is null ? request.MaxTokens : 1,
            ["temperature"] = request.Temperature,
            ["top_p"] = 1,
            ["seed"] = request.Seed,
        };
        if (request.Stop.Count > 0) body["stop"] = new JsonArray([.. request.Stop.Where(stop => stop.Length > 0).Take(MaxStops).Select(stop => (JsonNode?)JsonValue.Create(stop))]);
        if (request.Continuations is not null)
        {
            body["logprobs"] = true;
            body["top_logprobs"] = TopLogprobs;
        }

        return [body];
    }

    public ModelAnswer Read(ModelRequest request, int part, JsonObject answer, out string? model)
    {
        model = (string?)answer["model"];
        JsonNode choice = answer["choices"]?[0] ?? throw new MalformedAnswerException("there are no choices");
        JsonNode message = choice["message"] ?? throw new MalformedAnswerException("the choice has no message");
        string finish = (string?)choice["finish_reason"] ?? throw new MalformedAnswerException("there is no finish_reason: the answer was cut");
        ModelAnswer read = new()
        {
            Text = StopText.Cut((string?)message["content"] ?? "", request.Stop).Text,
            FinishReason = finish == "length" && request.Continuations is null ? "length" : "stop",
            PromptTokens = (int?)answer["usage"]?["prompt_tokens"] ?? 0,
            CompletionTokens = (int?)answer["usage"]?["completion_tokens"] ?? 0,
        };
        return request.Continuations is { } continuations ? Score(read, continuations, choice) : read;
    }

    private static ModelAnswer Score(ModelAnswer read, IReadOnlyList<string> continuations, JsonNode choice)
    {
        JsonArray top = choice["logprobs"]?["content"]?[0]?["top_logprobs"] as JsonArray ?? throw new MalformedAnswerException("there are no top_logprobs; the endpoint does not offer them");
        double[] scores = [.. continuations.Select(text => top
            .Where(token => ((string?)token!["token"] ?? "").Trim() == text.Trim())
            .Select(token => (double)token!["logprob"]!)
            .DefaultIfEmpty(double.NegativeInfinity).Max())];
        double best = scores.Max();
        return read with
        {
            LogLikelihoods = scores,
            Greedy = [.. scores.Select(score => score == best && !double.IsNegativeInfinity(score))],
            ContinuationTokens = [.. scores.Select(_ => 1)],
            FinishReason = "scored",
            Text = "",
        };
    }

    private static JsonArray Messages(ModelRequest request) => new(
        [.. (request.Prompt is { } prompt ? [new PromptTurn("user", prompt)] : request.Turns).Select(turn => (JsonNode?)new JsonObject { ["role"] = turn.Role, ["content"] = turn.Text })]);
}
