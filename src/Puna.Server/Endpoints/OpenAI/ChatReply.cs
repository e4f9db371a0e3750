using Microsoft.Extensions.AI;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Writes one answer as a chat completion, whole or in chunks.</summary>
internal sealed class ChatReply(LoadedModel served, DateTimeOffset created)
{
    private readonly string _id = Identifiers.New("chatcmpl-");
    private readonly HashSet<int> _begun = [];
    private readonly Dictionary<int, int> _calls = []; // tool calls so far, by choice

    internal ChatCompletion Whole(Answer[] answers) => new(
        _id, "chat.completion", created.ToUnixTimeSeconds(), served.Id,
        [.. answers.Select((answer, i) => new ChatChoice(
            i,
            new ChatMessageOut("assistant", answer.Calls.Count > 0 && answer.Text.Length == 0 ? null : answer.Text, SafetyOut.Sentence(answer.End.Safety), answer.Calls.Count > 0 ? [.. answer.Calls.Select(c => Call(c, null))] : null),
            WireLogprobs.Of(served.Model.Tokenizer, answer.Steps),
            Reason(answer.End.Reason),
            answer.End.Seed,
            SafetyOut.Of(answer.End.Safety)))],
        WireUsage.Of(TokenCounts.Of(answers, answers.Length)), WireUsage.Fingerprint(served), WireUsage.Timings(answers[0].End));

    /// <summary>A piece as a chunk; the first of a choice carries the role.</summary>
    internal ChatChunk Chunk(AnswerPiece piece)
    {
        string? role = _begun.Add(piece.Choice) ? "assistant" : null;
        List<ToolCallOut>? calls = null;
        foreach (FunctionCallContent call in piece.Calls)
        {
            int index = _calls.GetValueOrDefault(piece.Choice);
            _calls[piece.Choice] = index + 1;
            (calls ??= []).Add(Call(call, index));
        }

        string? text = piece.Text.Length > 0 || (role is not null && calls is null) ? piece.Text : null;
        return Chunk([new ChatChunkChoice(
            piece.Choice, new ChatDelta(role, text, calls), WireLogprobs.Of(served.Model.Tokenizer, piece.Steps), piece.End is { } end ? Reason(end.Reason) : null, piece.End?.Seed, SafetyOut.Of(piece.End?.Safety))],
            piece.End is { } last && piece.Choice == 0 ? WireUsage.Timings(last) : null);
    }

    internal ChatChunk UsageChunk(TokenCounts counts) => Chunk([], null) with { Usage = WireUsage.Of(counts) };

    private ChatChunk Chunk(IReadOnlyList<ChatChunkChoice> choices, Timings? timings) =>
        new(_id, "chat.completion.chunk", created.ToUnixTimeSeconds(), served.Id, choices, WireUsage.Fingerprint(served), timings);

    private static ToolCallOut Call(FunctionCallContent call, int? index) =>
        new(index, call.CallId, "function", new FunctionCallOut(call.Name, call.ArgumentsAsJson()));

    private static string Reason(ChatFinishReason reason) => reason.Value; // stop, length, tool_calls, content_filter: the words are those of the API
}
