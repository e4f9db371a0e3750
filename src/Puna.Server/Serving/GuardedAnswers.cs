using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Safety.Policy;
using Puna.Safety.Streams;
using Puna.Server.Requests;

namespace Puna.Server.Serving;

/// <summary>
/// The safety policy around every answer, whatever API it was asked for through: the conversation is judged once, before any
/// choice is made, and each choice as it is made.
/// </summary>
/// <param name="session">Decides and records.</param>
/// <param name="messages">The conversation.</param>
/// <param name="instructions">Instructions beside it, or null.</param>
/// <param name="tools">Tools that the model is shown, or null.</param>
internal sealed class GuardedAnswers(SafetySession session, IReadOnlyList<ChatMessage> messages, string? instructions, IEnumerable<AITool>? tools) : IDisposable
{
    private readonly Lock _lock = new();
    private Task<JudgedConversation>? _judging;

    /// <summary>The guard of a request, or null where the server has no policy.</summary>
    internal static GuardedAnswers? For(ApiCall call, IReadOnlyList<ChatMessage> messages, string? instructions, IEnumerable<AITool>? tools) =>
        call.Options.Safety is { } guard ? new GuardedAnswers(guard.Begin(call.Http.TraceIdentifier), messages, instructions, tools) : null;

    /// <summary>Ends the use of the policy.</summary>
    public void Dispose() => session.Dispose();

    /// <summary>What may leave of a choice.</summary>
    /// <param name="choice">Which one.</param>
    /// <param name="promptTokens">Tokens of the prompt, asked for only where the answer was cut and tells none.</param>
    /// <param name="start">Makes the choice from the judged conversation.</param>
    /// <param name="cancellation">Stops everything.</param>
    internal async IAsyncEnumerable<AnswerPiece> ChoiceAsync(
        int choice, Func<int> promptTokens, Func<JudgedConversation, IAsyncEnumerable<AnswerPiece>> start, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JudgedConversation judged = await JudgedAsync(cancellation).ConfigureAwait(false);
        if (judged.Refusal is { } held)
        {
            yield return Refused(choice, held, 0, 0);
            yield break;
        }

        AnswerGate gate = session.Answer(judged.Guarded);
        AnswerEnd? end = null;
        int taken = 0; // pieces, of about a token each
        await foreach (AnswerPiece piece in start(judged).WithCancellation(cancellation).ConfigureAwait(false))
        {
            taken++;
            end = piece.End ?? end;
            foreach (AnswerPiece leaving in await TakeAsync(gate, piece, cancellation).ConfigureAwait(false)) yield return leaving;
            if (gate.Refusal is not null) break; // leaving ends the computation
        }

        if (gate.Refusal is null)
        {
            foreach (GatePiece leaving in await gate.EndAsync(cancellation).ConfigureAwait(false)) yield return Piece(choice, leaving);
        }

        yield return gate.Refusal is { } refusal
            ? Refused(choice, refusal, end?.PromptTokens ?? promptTokens(), end?.CompletionTokens ?? taken)
            : new AnswerPiece(choice, "", [], [], end! with { Safety = new SafetyReport(session.Notes, null) });
    }

    /// <summary>The conversation, judged once for all choices.</summary>
    private Task<JudgedConversation> JudgedAsync(CancellationToken cancellation)
    {
        lock (_lock) return _judging ??= session.JudgeAsync(messages, instructions, tools, cancellation).AsTask();
    }

    private static async ValueTask<IReadOnlyList<AnswerPiece>> TakeAsync(AnswerGate gate, AnswerPiece piece, CancellationToken cancellation)
    {
        List<AnswerPiece> leaving = [];
        object? rider = piece.Steps.Count > 0 ? piece.Steps : null;
        if (piece.Text.Length > 0 || rider is not null)
            leaving.AddRange((await gate.AddTextAsync(piece.Text, reasoning: false, rider, cancellation).ConfigureAwait(false)).Select(p => Piece(piece.Choice, p)));
        foreach (FunctionCallContent call in piece.Calls)
        {
            if (gate.Refusal is null) leaving.AddRange((await gate.AddCallAsync(call, cancellation).ConfigureAwait(false)).Select(p => Piece(piece.Choice, p)));
        }

        return leaving;
    }

    private static AnswerPiece Piece(int choice, GatePiece piece) =>
        new(choice, piece.Text, piece.Call is null ? [] : [piece.Call], piece.Rider as IReadOnlyList<GenerationStep> ?? [], null);

    private AnswerPiece Refused(int choice, PolicyDecision decision, int promptTokens, int completionTokens) => new(choice, "", [], [],
        new AnswerEnd(ChatFinishReason.ContentFilter, promptTokens, 0, completionTokens, null, null, TimeSpan.Zero, TimeSpan.Zero) { Safety = new SafetyReport(session.Notes, decision) });
}
