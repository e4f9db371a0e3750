using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal static class ChatCompletions
{
    internal static async Task HandleAsync(ApiCall call)
    {
        ChatCompletionRequest fields = await call.ReadAsync(OpenAIJson.Wire.ChatCompletionRequest).ConfigureAwait(false);
        AnswerRequest request = await ReadAsync(call, fields).ConfigureAwait(false);
        ChatReply reply = new(request.Served, call.Clock.GetUtcNow());
        IAsyncEnumerable<AnswerPiece> pieces = Answers.StreamAsync(call, request);
        if (fields.Stream == true)
        {
            await StreamAsync(call, reply, pieces, fields.StreamOptions?.IncludeUsage == true).ConfigureAwait(false);
            return;
        }

        Answer[] answers = await Answers.WholeAsync(pieces, request.Choices).ConfigureAwait(false);
        await call.WriteAsync(reply.Whole(answers), OpenAIJson.Wire.ChatCompletion).ConfigureAwait(false);
    }

    private static async Task<AnswerRequest> ReadAsync(ApiCall call, ChatCompletionRequest fields)
    {
        OpenAIFields.Chat.Check(fields.Others);
        OtherFields.None.Check(fields.StreamOptions?.Others, "stream_options");
        if (fields.StreamOptions is not null && fields.Stream != true) throw ApiException.Invalid("stream_options", "stream_options is for streams. Set stream, or leave it out.");
        if (fields.TopLogprobs > 0 && fields.Logprobs != true) throw ApiException.Invalid("top_logprobs", "top_logprobs needs logprobs. Set it, too.");
        if (fields.MaxTokens is not null && fields.MaxCompletionTokens is not null && fields.MaxTokens != fields.MaxCompletionTokens)
            throw ApiException.Invalid("max_tokens", "max_tokens and max_completion_tokens differ. Give max_completion_tokens alone.");

        LoadedModel served = await call.ModelAsync(fields.Model).ConfigureAwait(false);
        List<ChatMessage> messages = OpenAIMessages.Read(fields.Messages);
        IList<AITool>? tools = OpenAITools.Read(fields.Tools);
        GenerationRequest generation = SamplingReader.Read(
            fields, fields.MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens", fields.MaxCompletionTokens ?? fields.MaxTokens, fields.Logprobs == true ? fields.TopLogprobs ?? 0 : null);
        return new AnswerRequest(served, messages, generation)
        {
            Choices = SamplingReader.Choices(fields.N),
            Tools = tools,
            ToolMode = OpenAITools.ReadChoice(fields.ToolChoice, tools),
            AllowMultipleToolCalls = fields.ParallelToolCalls,
            Format = OpenAITools.ReadFormat(fields.ResponseFormat),
        };
    }

    private static async Task StreamAsync(ApiCall call, ChatReply reply, IAsyncEnumerable<AnswerPiece> pieces, bool includeUsage)
    {
        ReplyStream stream = call.BeginEvents();
        TokenCounts counts = default;
        await foreach (AnswerPiece piece in pieces.ConfigureAwait(false))
        {
            if (piece.End is { } end) counts = counts.With(end, countsPrompt: piece.Choice == 0);
            await stream.WriteAsync(reply.Chunk(piece), OpenAIJson.Wire.ChatChunk).ConfigureAwait(false);
        }

        if (includeUsage) await stream.WriteAsync(reply.UsageChunk(counts), OpenAIJson.Wire.ChatChunk).ConfigureAwait(false);
        await stream.DoneAsync().ConfigureAwait(false);
    }
}
