using System.Collections.Frozen;
using System.Text.Json;

namespace Puna.Chat.Templates;

/// <summary>
/// Everything a template can see. All text is untrusted except special tokens and roles in
/// <see cref="KnownRoles"/>.
/// </summary>
public sealed record ChatTemplateInput
{
    /// <summary>Roles whose names are written into headers as trusted text.</summary>
    public static IReadOnlySet<string> KnownRoles { get; } = FrozenSet.ToFrozenSet(
        ["system", "developer", "user", "assistant", "tool", "ipython", "function", "model", "tools", "environment"],
        StringComparer.Ordinal);

    /// <summary>The conversation, oldest message first.</summary>
    public required IReadOnlyList<TemplateMessage> Messages { get; init; }

    /// <summary>Tool definitions as JSON, or null. An empty list is what the template sees as an empty list.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>Ends the prompt with an open assistant turn.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Text of the begin-of-sequence token; null leaves <c>bos_token</c> undefined.</summary>
    public string? BosToken { get; init; }

    /// <summary>Text of the end-of-sequence token; null leaves <c>eos_token</c> undefined.</summary>
    public string? EosToken { get; init; }

    /// <summary>Further special tokens by variable name (<c>pad_token</c>, <c>image_token</c>); trusted.</summary>
    public IReadOnlyDictionary<string, string>? SpecialTokens { get; init; }

    /// <summary>Further variables (<c>custom_tools</c>, <c>date_string</c>, <c>enable_thinking</c>); untrusted.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }

    /// <summary>Source of <c>strftime_now</c>, in its local time zone.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
