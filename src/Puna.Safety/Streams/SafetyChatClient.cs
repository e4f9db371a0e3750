using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Puna.Safety.Policy;

namespace Puna.Safety.Streams;

/// <summary>
/// A chat client between guards: messages and tools are judged before they reach the inner client, answers before they reach the
/// caller. What is refused ends with <see cref="ChatFinishReason.ContentFilter"/>. With function invocation, put it inside:
/// then tool calls and their results pass it as well.
/// </summary>
/// <param name="inner">The client that answers.</param>
/// <param name="guard">The guard; the caller's.</param>
public sealed class SafetyChatClient(IChatClient inner, SafetyGuard guard) : DelegatingChatClient(inner)
{
    /// <summary>Key of a <see cref="SafetyReport"/> in the additional properties of an answer, or of the last update of a streamed one.</summary>
    public const string ReportProperty = "safety";

    /// <summary>Answers a conversation; the whole of what <see cref="GetStreamingResponseAsync"/> streams.</summary>
    /// <inheritdoc cref="GetStreamingResponseAsync"/>
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        WholeResponse.OfAsync(GetStreamingResponseAsync(messages, options, cancellationToken));

    /// <summary>Answers a conversation; nothing leaves that the policy's mode of streaming does not let leave.</summary>
    /// <exception cref="NotSupportedException">A message or an answer has content that no guard can judge.</exception>
    /// <exception cref="IOException">A decision cannot be recorded.</exception>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        using SafetySession session = guard.Begin();
        JudgedConversation judged = await session.JudgeAsync(messages, options?.Instructions, options?.Tools, cancellationToken).ConfigureAwait(false);
        GuardedUpdates updates = new(session);
        if (judged.Refusal is not null)
        {
            yield return updates.Refused(judged.Refusal);
            yield break;
        }

        if (judged.Instructions != options?.Instructions)
        {
            options = options!.Clone();
            options.Instructions = judged.Instructions;
        }

        AnswerGate gate = session.Answer(judged.Guarded);
        await foreach (ChatResponseUpdate update in base.GetStreamingResponseAsync(judged.Messages, options, cancellationToken).ConfigureAwait(false))
        {
            foreach (GatePiece piece in await updates.TakeAsync(update, gate, cancellationToken).ConfigureAwait(false)) yield return updates.Next(piece);
            if (gate.Refusal is { } refusal)
            {
                yield return updates.Refused(refusal);
                yield break; // leaving ends the inner answer
            }
        }

        foreach (GatePiece piece in await gate.EndAsync(cancellationToken).ConfigureAwait(false)) yield return updates.Next(piece);
        yield return gate.Refusal is { } late ? updates.Refused(late) : updates.Last();
    }
}

/// <summary>What was decided about a request, for whoever shows it.</summary>
/// <param name="Notes">Decisions about its messages and its answer.</param>
/// <param name="Refusal">The one that ended it, or null.</param>
public sealed record SafetyReport(IReadOnlyList<SafetyNote> Notes, PolicyDecision? Refusal);
