using System.Text.Json;

namespace Puna.Chat.Templates;

/// <summary>A call the assistant made, as templates read it: <c>tool_call.function.name</c> and <c>.arguments</c>.</summary>
/// <param name="Name">Function name.</param>
/// <param name="Arguments">Arguments by name: a JSON object.</param>
/// <param name="Id">Identifier that a tool result refers to, or null.</param>
public sealed record TemplateToolCall(string Name, JsonElement Arguments, string? Id = null);
