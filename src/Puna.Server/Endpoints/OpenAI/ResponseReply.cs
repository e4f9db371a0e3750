using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Writes one answer as a response.</summary>
internal sealed class ResponseReply(ResponseRequest fields, AnswerRequest request, DateTimeOffset created)
{
    /// <summary>Why an answer that was refused is not whole.</summary>
    internal const string ContentFilter = "content_filter";

    private static readonly JsonElement Auto = JsonElement.Parse("\"auto\"");

    /// <summary>The answer before it begins.</summary>
    internal Response Open { get; } = new()
    {
        Id = Identifiers.New("resp_"),
        CreatedAt = created.ToUnixTimeSeconds(),
        Status = "in_progress",
        Model = request.Served.Id,
        Output = [],
        Instructions = fields.Instructions,
        PreviousResponseId = fields.PreviousResponseId,
        MaxOutputTokens = fields.MaxOutputTokens,
        Temperature = request.Generation.Sampling.Temperature,
        TopP = request.Generation.Sampling.TopP,
        ParallelToolCalls = fields.ParallelToolCalls ?? true,
        ToolChoice = fields.ToolChoice ?? Auto,
        Tools = fields.Tools ?? [],
        Text = new ResponseTextOut(fields.Text?.Format ?? new ResponseFormat { Type = "text" }),
        Store = fields.Store == true,
        Metadata = fields.Metadata ?? [],
    };

    internal Response Whole(IReadOnlyList<ResponseItemOut> output, AnswerEnd end)
    {
        bool isWhole = IsWhole(end);
        return Open with
        {
            Status = isWhole ? "completed" : "incomplete",
            IncompleteDetails = isWhole ? null : new IncompleteDetails(end.Reason == ChatFinishReason.Length ? "max_output_tokens" : ContentFilter),
            Output = isWhole || output is not [.., { Type: "message" } last] ? output : [.. output.SkipLast(1), last with { Status = "incomplete" }],
            Usage = new ResponseUsage(end.PromptTokens, new CachedTokensDetails(end.CachedTokens), end.CompletionTokens, new ReasoningTokensDetails(0), end.PromptTokens + end.CompletionTokens),
            Safety = SafetyOut.Of(end.Safety),
        };
    }

    /// <summary>It ended by itself, neither cut nor held back.</summary>
    internal static bool IsWhole(AnswerEnd end) => end.Reason != ChatFinishReason.Length && end.Reason != ChatFinishReason.ContentFilter;

    internal ResponseItemOut Message(string text, IReadOnlyList<GenerationStep> steps) =>
        new("message", Identifiers.New("msg_"), "completed") { Role = "assistant", Content = [Part(text, Logprobs(steps))] };

    internal static ResponsePartOut Part(string text, IReadOnlyList<TokenLogprobs> logprobs) => new("output_text", text, [], logprobs);

    internal static ResponseItemOut Call(FunctionCallContent call) =>
        new("function_call", Identifiers.New("fc_"), "completed") { CallId = call.CallId, Name = call.Name, Arguments = call.ArgumentsAsJson() };

    internal IReadOnlyList<TokenLogprobs> Logprobs(IReadOnlyList<GenerationStep> steps) => WireLogprobs.Of(request.Served.Model.Tokenizer, steps)?.Content ?? [];
}
