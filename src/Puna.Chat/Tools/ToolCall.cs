using System.Text.Json;

namespace Puna.Chat.Tools;

/// <summary>A call that a model wrote.</summary>
/// <param name="Name">One of the tools offered.</param>
/// <param name="Arguments">Arguments by name: a JSON object, not checked against the tool's schema.</param>
public sealed record ToolCall(string Name, JsonElement Arguments);
