using Microsoft.Extensions.AI;
using Puna.Engine;
using Puna.Safety.Streams;

namespace Puna.Server.Serving;

/// <summary>Part of an answer.</summary>
/// <param name="Choice">Which of the answers, from 0.</param>
/// <param name="Text">Text that follows, often empty.</param>
/// <param name="Calls">Tool calls that follow.</param>
/// <param name="Steps">Tokens with their log-probabilities, where asked for.</param>
/// <param name="End">Set on the last piece of a choice.</param>
internal sealed record AnswerPiece(int Choice, string Text, IReadOnlyList<FunctionCallContent> Calls, IReadOnlyList<GenerationStep> Steps, AnswerEnd? End);

/// <summary>How an answer ended, and what it took.</summary>
internal sealed record AnswerEnd(
    ChatFinishReason Reason, int PromptTokens, int CachedTokens, int CompletionTokens, string? StopSequence, ulong? Seed, TimeSpan PromptTime, TimeSpan DecodeTime)
{
    /// <summary>Tokens of the answer that speculative decoding had guessed.</summary>
    internal int AcceptedDraftTokens { get; init; }

    /// <summary>Tokens that it guessed and the model did not choose.</summary>
    internal int RejectedDraftTokens { get; init; }

    /// <summary>What the safety policy decided; null where there is none.</summary>
    internal SafetyReport? Safety { get; init; }
}

/// <summary>A whole answer.</summary>
internal sealed record Answer(string Text, IReadOnlyList<FunctionCallContent> Calls, IReadOnlyList<GenerationStep> Steps, AnswerEnd End);
