using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.Ollama;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.Ollama;

/// <summary><c>POST /api/chat</c> and <c>POST /api/generate</c>.</summary>
internal static class OllamaAnswers
{
    internal static async Task ChatAsync(ApiCall call)
    {
        long begun = Stopwatch.GetTimestamp();
        call.Names = OllamaFields.ChatNames;
        OllamaChatRequest fields = await call.ReadAsync(OllamaJson.Wire.OllamaChatRequest).ConfigureAwait(false);
        OllamaFields.Chat.Check(fields.Others);
        TimeSpan? keep = KeepAlive.Read(fields.KeepAlive);
        if (fields.Messages is not { Count: > 0 } messages)
        {
            (string id, string done) = await PrepareAsync(call, fields.Model, keep).ConfigureAwait(false);
            await call.WriteAsync(new OllamaChatReply(id, call.Clock.GetUtcNow(), new OllamaMessageOut("assistant", "", null), true) { DoneReason = done }, OllamaJson.Wire.OllamaChatReply).ConfigureAwait(false);
            return;
        }

        LoadedModel served = await call.ModelAsync(fields.Model, keep).ConfigureAwait(false);

        AnswerRequest request = new(served, OllamaReader.Messages(messages), OllamaReader.Generation(fields)) { Tools = OpenAITools.Read(fields.Tools), Format = OllamaReader.Format(fields.Format) };
        int calls = 0;
        await WriteAsync(call, fields, Answers.StreamAsync(call, request), Reply, OllamaJson.Wire.OllamaChatReply).ConfigureAwait(false);

        OllamaChatReply Reply(AnswerPiece piece) => End(
            new OllamaChatReply(served.Id, call.Clock.GetUtcNow(), new OllamaMessageOut("assistant", piece.Text, piece.Calls.Count == 0 ? null : [.. piece.Calls.Select(c => Call(c, calls++))]), piece.End is not null),
            call, served, piece, begun);
    }

    internal static async Task GenerateAsync(ApiCall call)
    {
        long begun = Stopwatch.GetTimestamp();
        call.Names = OllamaFields.GenerateNames;
        OllamaGenerateRequest fields = await call.ReadAsync(OllamaJson.Wire.OllamaGenerateRequest).ConfigureAwait(false);
        OllamaFields.Generate.Check(fields.Others);
        TimeSpan? keep = KeepAlive.Read(fields.KeepAlive);
        if (fields.Prompt is not { Length: > 0 } prompt)
        {
            (string id, string done) = await PrepareAsync(call, fields.Model, keep).ConfigureAwait(false);
            await call.WriteAsync(new OllamaGenerateReply(id, call.Clock.GetUtcNow(), "", true) { DoneReason = done }, OllamaJson.Wire.OllamaGenerateReply).ConfigureAwait(false);
            return;
        }

        LoadedModel served = await call.ModelAsync(fields.Model, keep).ConfigureAwait(false);

        await WriteAsync(call, fields, Pieces(call, served, fields, prompt), Reply, OllamaJson.Wire.OllamaGenerateReply).ConfigureAwait(false);

        OllamaGenerateReply Reply(AnswerPiece piece) => End(new OllamaGenerateReply(served.Id, call.Clock.GetUtcNow(), piece.Text, piece.End is not null), call, served, piece, begun);
    }

    /// <summary>Where nothing is asked: loads the model, or unloads it.</summary>
    private static async Task<(string Id, string Done)> PrepareAsync(ApiCall call, string? name, TimeSpan? keep)
    {
        ServedModel served = call.Served(name);
        if (keep == TimeSpan.Zero)
        {
            call.Models.Keep(served, TimeSpan.Zero);
            return (served.Id, "unload");
        }

        return ((await call.ModelAsync(name, keep).ConfigureAwait(false)).Id, "load");
    }

    private static IAsyncEnumerable<AnswerPiece> Pieces(ApiCall call, LoadedModel served, OllamaGenerateRequest fields, string prompt)
    {
        ChatResponseFormat? format = OllamaReader.Format(fields.Format);
        if (fields.Raw != true)
        {
            return Answers.StreamAsync(call, new AnswerRequest(served, [new ChatMessage(ChatRole.User, prompt)], OllamaReader.Generation(fields)) { Instructions = fields.System, Format = format });
        }

        if (fields.System is { Length: > 0 }) throw ApiException.Invalid("system", "system cannot be honoured together with raw: a raw prompt has no messages. Write it into the prompt.", "unsupported_parameter");
        if (format is not null) throw ApiException.Invalid("format", "format cannot be honoured together with raw. Leave one of them out.", "unsupported_parameter");
        return Answers.StreamAsync(call, served, [OllamaReader.Generation(fields) with { Prompt = PlainPrompt.Encode(prompt, "prompt", served.Model) }], 1);
    }

    /// <summary>Answers line by line, or where the request says so in one object.</summary>
    private static async Task WriteAsync<T>(ApiCall call, OllamaRequest fields, IAsyncEnumerable<AnswerPiece> pieces, Func<AnswerPiece, T> reply, JsonTypeInfo<T> type)
    {
        if (fields.Stream == false)
        {
            Answer whole = (await Answers.WholeAsync(pieces, 1).ConfigureAwait(false))[0];
            await call.WriteAsync(reply(new AnswerPiece(0, whole.Text, whole.Calls, whole.Steps, whole.End)), type).ConfigureAwait(false);
            return;
        }

        ReplyStream lines = call.BeginLines();
        await foreach (AnswerPiece piece in pieces.ConfigureAwait(false)) await lines.WriteAsync(reply(piece), type).ConfigureAwait(false);
    }

    private static T End<T>(T reply, ApiCall call, LoadedModel served, AnswerPiece piece, long begun)
        where T : OllamaReply
    {
        T told = reply with { Logprobs = WireLogprobs.Of(served.Model.Tokenizer, piece.Steps)?.Content };
        return piece.End is not { } end ? told : told with
        {
            DoneReason = end.Reason == ChatFinishReason.Length ? "length" : end.Reason == ChatFinishReason.ContentFilter ? "content_filter" : "stop",
            TotalDuration = Nanoseconds(Stopwatch.GetElapsedTime(begun)),
            LoadDuration = Nanoseconds(call.LoadTime),
            PromptEvalCount = end.PromptTokens,
            PromptEvalDuration = Nanoseconds(end.PromptTime),
            EvalCount = end.CompletionTokens,
            EvalDuration = Nanoseconds(end.DecodeTime),
            Safety = SafetyOut.Of(end.Safety),
        };
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    private static OllamaToolCallOut Call(FunctionCallContent call, int index) =>
        new(call.CallId, new OllamaFunctionOut(index, call.Name, JsonElement.Parse(call.ArgumentsAsJson())));
}
