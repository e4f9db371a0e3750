namespace Puna.Chat.Tools;

/// <summary>Part of an answer: text, or a call.</summary>
/// <param name="Text">Text; empty where this is a call.</param>
/// <param name="Call">The call, or null.</param>
public readonly record struct ToolCallPiece(string Text, ToolCall? Call);
