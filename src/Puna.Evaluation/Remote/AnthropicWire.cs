using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Puna.Evaluation.Grading;
using Puna.Evaluation.Models;

namespace Puna.Evaluation.Remote;

/// <summary>Anthropic's messages: written answers only; an answer is begun by a last turn of the assistant.</summary>
internal sealed class AnthropicWire(RemoteOptions options) : IRemoteWire
{
    public string Path => "messages";

    public bool CanScore => false;

    public bool CanPrefill => true;

    public string? ScoreNote => null;

    public void Authorize(HttpRequestHeaders headers)
    {
        headers.Add("anthropic-version", "2023-06-01");
        if (options.ApiKey is { } key) headers.Add("x-api-key", key);
    }

    public IEnumerable<JsonObject> Bodies(ModelRequest request)
    {
        IReadOnlyList<PromptTurn> turns = request.Prompt is { } prompt ? [new PromptTurn("user", prompt)] : request.Turns;
        JsonArray messages = new([.. turns.Where(turn => turn.Role != "system").Select(turn => (JsonNode?)Message(turn.Role, turn.Text))]);
        if (request.Prefill.Length > 0) messages.Add((JsonNode)Message("assistant", request.Prefill.TrimEnd())); // the interface allows no white space at its end
        JsonObject body = new() { ["model"] = options.Model, ["max_tokens"] = request.MaxTokens, ["temperature"] = request.Temperature, ["messages"] = messages };
        string system = string.Join("\n\n", turns.Where(turn => turn.Role == "system").Select(turn => turn.Text));
        if (system.Length > 0) body["system"] = system;
        string[] stops = [.. request.Stop.Where(stop => !string.IsNullOrWhiteSpace(stop))]; // of white space alone they are refused; texts are cut here too
        if (stops.Length > 0) body["stop_sequences"] = new JsonArray([.. stops.Select(stop => (JsonNode?)JsonValue.Create(stop))]);
        return [body];
    }

    public ModelAnswer Read(ModelRequest request, int part, JsonObject answer, out string? model)
    {
        model = (string?)answer["model"];
        if (answer["content"] is not JsonArray content) throw new MalformedAnswerException("there is no content");

        string stop = (string?)answer["stop_reason"] ?? throw new MalformedAnswerException("there is no stop_reason: the answer was cut");
        return new ModelAnswer
        {
            Text = StopText.Cut(string.Concat(content.Where(block => (string?)block?["type"] == "text").Select(block => (string?)block!["text"])), request.Stop).Text,
            FinishReason = stop == "max_tokens" ? "length" : "stop",
            PromptTokens = (int?)answer["usage"]?["input_tokens"] ?? 0,
            CompletionTokens = (int?)answer["usage"]?["output_tokens"] ?? 0,
        };
    }

    private static JsonObject Message(string role, string text) => new() { ["role"] = role, ["content"] = text };
}
