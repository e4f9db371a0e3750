using Puna.Engine;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>POST /v1/completions</c>: continues text as it is, without a chat template.</summary>
internal static class Completions
{
    private static readonly FieldNames Names = new((FieldNames.Prompt, "prompt"), ("top_logprobs", "logprobs"));

    internal static async Task HandleAsync(ApiCall call)
    {
        call.Names = Names;
        CompletionRequest fields = await call.ReadAsync(OpenAIJson.Wire.CompletionRequest).ConfigureAwait(false);
        OpenAIFields.Completions.Check(fields.Others);
        OtherFields.None.Check(fields.StreamOptions?.Others, "stream_options");
        if (fields.StreamOptions is not null && fields.Stream != true) throw ApiException.Invalid("stream_options", "stream_options is for streams. Set stream, or leave it out.");
        if (fields.Echo == true && fields.Logprobs is not null) throw ApiException.Unsupported("echo", "echo cannot be honoured together with logprobs: those of a prompt are not computed.");

        LoadedModel served = await call.ModelAsync(fields.Model).ConfigureAwait(false);
        GenerationRequest generation = SamplingReader.Read(fields, "max_tokens", fields.MaxTokens, fields.Logprobs);
        int choices = SamplingReader.Choices(fields.N);
        GenerationRequest[] prompts = [.. PlainPrompt.ReadAll(fields.Prompt, "prompt", served.Model, call.Options.MaxChoices).Select(p => generation with { Prompt = p })];
        CompletionReply reply = new(served, call.Clock.GetUtcNow(), fields.Echo == true ? [.. prompts.Select(p => served.Model.Tokenizer.Decode([.. p.Prompt]))] : null, choices);
        IAsyncEnumerable<AnswerPiece> pieces = Answers.StreamAsync(call, served, prompts, choices);
        if (fields.Stream == true)
        {
            await StreamAsync(call, reply, pieces, choices, fields.StreamOptions?.IncludeUsage == true).ConfigureAwait(false);
            return;
        }

        Answer[] answers = await Answers.WholeAsync(pieces, prompts.Length * choices).ConfigureAwait(false);
        await call.WriteAsync(reply.Whole(answers), OpenAIJson.Wire.Completion).ConfigureAwait(false);
    }

    private static async Task StreamAsync(ApiCall call, CompletionReply reply, IAsyncEnumerable<AnswerPiece> pieces, int choicesPerPrompt, bool includeUsage)
    {
        ReplyStream stream = call.BeginEvents();
        TokenCounts counts = default;
        await foreach (AnswerPiece piece in pieces.ConfigureAwait(false))
        {
            if (piece.End is { } end) counts = counts.With(end, countsPrompt: piece.Choice % choicesPerPrompt == 0);
            await stream.WriteAsync(reply.Chunk(piece), OpenAIJson.Wire.Completion).ConfigureAwait(false);
        }

        if (includeUsage) await stream.WriteAsync(reply.UsageChunk(counts), OpenAIJson.Wire.Completion).ConfigureAwait(false);
        await stream.DoneAsync().ConfigureAwait(false);
    }
}
