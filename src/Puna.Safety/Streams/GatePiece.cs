using Microsoft.Extensions.AI;

namespace Puna.Safety.Streams;

/// <summary>Part of an answer that may leave.</summary>
/// <param name="Text">Words; empty where the piece is a call or a rider alone.</param>
/// <param name="IsReasoning">The words are reasoning.</param>
/// <param name="Call">A tool call, or null.</param>
/// <param name="Rider">What came with words that have left, such as log-probabilities; null for none.</param>
public readonly record struct GatePiece(string Text, bool IsReasoning, FunctionCallContent? Call, object? Rider);
