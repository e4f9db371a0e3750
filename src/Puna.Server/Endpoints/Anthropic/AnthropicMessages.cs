using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.Anthropic;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.Anthropic;

/// <summary><c>POST /v1/messages</c> and <c>POST /v1/messages/count_tokens</c>.</summary>
internal static class AnthropicMessages
{
    internal static async Task HandleAsync(ApiCall call)
    {
        (MessagesRequest fields, AnswerRequest request) = await ReadAsync(call, needsMaxTokens: true).ConfigureAwait(false);
        IAsyncEnumerable<AnswerPiece> pieces = Answers.StreamAsync(call, request);
        if (fields.Stream == true)
        {
            await new MessageEvents(call, request).WriteAsync(pieces).ConfigureAwait(false);
            return;
        }

        Answer answer = (await Answers.WholeAsync(pieces, 1).ConfigureAwait(false))[0];
        List<BlockOut> content = [];
        if (answer.Text.Length > 0) content.Add(new BlockOut("text") { Text = answer.Text });
        foreach (FunctionCallContent used in answer.Calls)
            content.Add(new BlockOut("tool_use") { Id = used.CallId, Name = used.Name, Input = JsonElement.Parse(used.ArgumentsAsJson()) });
        await call.WriteAsync(
            new MessageOut(Identifiers.New("msg_"), "message", "assistant", request.Served.Id, content, Reason(answer.End, request), answer.End.StopSequence, Usage(answer.End)) { Safety = SafetyOut.Of(answer.End.Safety) },
            AnthropicJson.Wire.MessageOut).ConfigureAwait(false);
    }

    internal static async Task CountAsync(ApiCall call)
    {
        (_, AnswerRequest request) = await ReadAsync(call, needsMaxTokens: false).ConfigureAwait(false);
        await call.WriteAsync(new MessageTokens(request.PromptTokens()), AnthropicJson.Wire.MessageTokens).ConfigureAwait(false);
    }

    /// <summary>Why an answer ended, in the API's words.</summary>
    internal static string Reason(AnswerEnd end, AnswerRequest request) =>
        end.StopSequence is not null ? "stop_sequence"
        : end.Reason == ChatFinishReason.ToolCalls ? "tool_use"
        : end.Reason == ChatFinishReason.ContentFilter ? "refusal"
        : end.Reason != ChatFinishReason.Length ? "end_turn"
        : end.CompletionTokens < request.Generation.MaxTokens ? "model_context_window_exceeded"
        : "max_tokens";

    internal static MessageUsage Usage(AnswerEnd end) => new(end.PromptTokens - end.CachedTokens, 0, end.CachedTokens, end.CompletionTokens);

    private static async Task<(MessagesRequest Fields, AnswerRequest Request)> ReadAsync(ApiCall call, bool needsMaxTokens)
    {
        call.Names = AnthropicFields.Names;
        MessagesRequest fields = await call.ReadAsync(AnthropicJson.Wire.MessagesRequest).ConfigureAwait(false);
        return (fields, AnthropicReader.Read(fields, await call.ModelAsync(fields.Model).ConfigureAwait(false), needsMaxTokens));
    }
}
