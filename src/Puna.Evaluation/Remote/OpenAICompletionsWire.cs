using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Remote;

/// <summary>
/// OpenAI's text completions. Continuations are scored by <c>echo</c>: the endpoint repeats prompt and continuation with the
/// log-probability of every token and where its text begins.
/// </summary>
internal sealed class OpenAICompletionsWire(RemoteOptions options) : IRemoteWire
{
    private const int MaxStops = 4;

    public string Path => "completions";

    public bool CanScore => true;

    public bool CanPrefill => true;

    public string? ScoreNote => null;

    public void Authorize(HttpRequestHeaders headers)
    {
        if (options.ApiKey is { } key) headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public IEnumerable<JsonObject> Bodies(ModelRequest request)
    {
        string prompt = request.Prompt ?? throw new EvaluationException("The recipe puts conversations to the model, and text completions have none. Choose the chat interface, or a recipe for base models.");
        prompt += request.Prefill;
        if (request.Continuations is { } continuations) return continuations.Select(text => Body(prompt + text, 1, echo: true, 0, 0, []));
        return [Body(prompt, request.MaxTokens, echo: false, request.Temperature, request.Seed, request.Stop)];
    }

    public ModelAnswer Read(ModelRequest request, int part, JsonObject answer, out string? model)
    {
        model = (string?)answer["model"];
        JsonNode choice = answer["choices"]?[0] ?? throw new MalformedAnswerException("there are no choices");
        ModelAnswer read = new()
        {
            Text = StopText.Cut((string?)choice["text"] ?? throw new MalformedAnswerException("the choice has no text"), request.Stop).Text,
            FinishReason = ((string?)choice["finish_reason"] ?? throw new MalformedAnswerException("there is no finish_reason: the answer was cut")) == "length" ? "length" : "stop",
            PromptTokens = (int?)answer["usage"]?["prompt_tokens"] ?? 0,
            CompletionTokens = (int?)answer["usage"]?["completion_tokens"] ?? 0,
        };
        return request.Continuations is { } continuations ? Score(read, request.Prompt + request.Prefill, continuations[part], choice) : read;
    }

    public ModelAnswer Join(IReadOnlyList<ModelAnswer> parts) => parts.Count == 1 ? parts[0] : parts[0] with
    {
        LogLikelihoods = [.. parts.SelectMany(part => part.LogLikelihoods)],
        Greedy = [.. parts.SelectMany(part => part.Greedy)],
        ContinuationTokens = [.. parts.SelectMany(part => part.ContinuationTokens)],
    };

    /// <summary>Sums what begins in the continuation; the last token is the one written in addition.</summary>
    private static ModelAnswer Score(ModelAnswer read, string prompt, string continuation, JsonNode choice)
    {
        JsonNode logprobs = choice["logprobs"] ?? throw new MalformedAnswerException("there are no logprobs; the endpoint does not offer echo");
        if (logprobs["text_offset"] is not JsonArray offsets || logprobs["token_logprobs"] is not JsonArray values || offsets.Count != values.Count)
            throw new MalformedAnswerException("logprobs lack token_logprobs and text_offset, one each per token");

        // Spaces at the end of a context belong to the continuation, as where Puna encodes the two itself.
        // Offsets count code points.
        int start = CodePoints(prompt.TrimEnd(' ')), end = CodePoints(prompt) + CodePoints(continuation), tokens = 0;
        double sum = 0;
        for (int i = 0; i < offsets.Count; i++)
        {
            int offset = (int)offsets[i]!;
            if (offset < start || offset >= end) continue;

            sum += (double?)values[i] ?? throw new MalformedAnswerException("a token of the continuation has no log-probability");
            tokens++;
        }

        if (tokens == 0) throw new MalformedAnswerException("no token begins in the continuation");
        return read with { Text = "", FinishReason = "scored", LogLikelihoods = [sum], Greedy = [false], ContinuationTokens = [tokens] };
    }

    private static int CodePoints(string text) => text.EnumerateRunes().Count();

    private JsonObject Body(string prompt, int maxTokens, bool echo, float temperature, int seed, IReadOnlyList<string> stops)
    {
        JsonObject body = new() { ["model"] = options.Model, ["prompt"] = prompt, ["max_tokens"] = maxTokens, ["temperature"] = temperature, ["top_p"] = 1, ["seed"] = seed };
        if (stops.Count > 0) body["stop"] = new JsonArray([.. stops.Where(stop => stop.Length > 0).Take(MaxStops).Select(stop => (JsonNode?)JsonValue.Create(stop))]);
        if (echo)
        {
            body["echo"] = true;
            body["logprobs"] = 1;
        }

        return body;
    }
}
