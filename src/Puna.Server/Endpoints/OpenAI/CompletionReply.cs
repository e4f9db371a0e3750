using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Writes one answer as a completion, whole or in chunks.</summary>
/// <param name="served">The model.</param>
/// <param name="created">Time of the answer.</param>
/// <param name="echo">Text to put before the choices of each prompt, or null for none.</param>
/// <param name="choicesPerPrompt">Choices in a row that share a prompt.</param>
internal sealed class CompletionReply(LoadedModel served, DateTimeOffset created, string[]? echo, int choicesPerPrompt)
{
    private readonly string _id = Identifiers.New("cmpl-");
    private readonly HashSet<int> _begun = [];
    private readonly Dictionary<int, int> _offsets = [];

    internal Completion Whole(Answer[] answers) => Reply(
        [.. answers.Select((answer, i) => new CompletionChoice(i, EchoOf(i) + answer.Text, Logprobs(i, answer.Steps), answer.End.Reason.Value, answer.End.Seed, SafetyOut.Of(answer.End.Safety)))]) with
    { Usage = WireUsage.Of(TokenCounts.Of(answers, choicesPerPrompt)), Timings = WireUsage.Timings(answers[0].End) };

    internal Completion Chunk(AnswerPiece piece)
    {
        string text = _begun.Add(piece.Choice) ? EchoOf(piece.Choice) + piece.Text : piece.Text;
        return Reply([new CompletionChoice(piece.Choice, text, Logprobs(piece.Choice, piece.Steps), piece.End?.Reason.Value, piece.End?.Seed, SafetyOut.Of(piece.End?.Safety))]) with
        {
            Timings = piece.End is { } end && piece.Choice == 0 ? WireUsage.Timings(end) : null,
        };
    }

    internal Completion UsageChunk(TokenCounts counts) => Reply([]) with { Usage = WireUsage.Of(counts) };

    private Completion Reply(IReadOnlyList<CompletionChoice> choices) =>
        new(_id, "text_completion", created.ToUnixTimeSeconds(), served.Id, choices, WireUsage.Fingerprint(served), null, null);

    private string EchoOf(int choice) => echo is null ? "" : echo[choice / choicesPerPrompt];

    private CompletionLogprobs? Logprobs(int choice, IReadOnlyList<Engine.GenerationStep> steps)
    {
        int offset = _offsets.GetValueOrDefault(choice);
        CompletionLogprobs? logprobs = WireLogprobs.Of(served.Model.Tokenizer, steps, ref offset);
        _offsets[choice] = offset;
        return logprobs;
    }
}
