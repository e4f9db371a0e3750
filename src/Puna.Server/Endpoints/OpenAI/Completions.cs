using System.Text.Json;
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

        ServedModel served = call.Model(fields.Model);
        GenerationRequest generation = SamplingReader.Read(fields, "max_tokens", fields.MaxTokens, fields.Logprobs);
        GenerationRequest[] prompts = [.. Prompts(fields.Prompt, served).Select(p => generation with { Prompt = p })];
        int choices = SamplingReader.Choices(fields.N);
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

    private static List<int[]> Prompts(JsonElement? prompt, ServedModel served)
    {
        const string Wanted = "a string, a list of strings, a list of tokens or a list of lists of tokens is needed";
        if (prompt is not { } value || value.ValueKind == JsonValueKind.Null) throw ApiException.Invalid("prompt", $"prompt is missing; {Wanted}.", "missing_field");
        if (value.ValueKind == JsonValueKind.String) return [Tokens(value, "prompt", served)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0) throw ApiException.Invalid("prompt", $"prompt is {(value.ValueKind == JsonValueKind.Array ? "an empty array" : JsonBody.Kind(value))}; {Wanted}.", "invalid_type");
        if (value[0].ValueKind == JsonValueKind.Number) return [Tokens(value, "prompt", served)];

        List<int[]> prompts = [];
        foreach (JsonElement item in value.EnumerateArray()) prompts.Add(Tokens(item, $"prompt[{prompts.Count}]", served));
        return prompts;
    }

    /// <summary>Text, in which special tokens are only text; or tokens, which may be special.</summary>
    private static int[] Tokens(JsonElement prompt, string place, ServedModel served)
    {
        PunaModel model = served.Model;
        if (prompt.ValueKind == JsonValueKind.String) return PlainPrompt.Encode(prompt.GetString()!, place, model);
        if (prompt.ValueKind != JsonValueKind.Array || prompt.GetArrayLength() == 0) throw ApiException.Invalid(place, $"{place} is neither text nor tokens.", "invalid_type");
        List<int> ids = [];
        foreach (JsonElement item in prompt.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out int id) || (uint)id >= (uint)model.Tokenizer.VocabSize)
                throw ApiException.Invalid($"{place}[{ids.Count}]", $"{place}[{ids.Count}] is not the id of a token; this model has 0 to {model.Tokenizer.VocabSize - 1}.");
            ids.Add(id);
        }

        return [.. ids];
    }
}
