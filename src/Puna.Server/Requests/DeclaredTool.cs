using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat.Tools;

namespace Puna.Server.Requests;

/// <summary>A tool that the client carries out.</summary>
/// <param name="tool">What the model is shown of it.</param>
/// <param name="strict">A call whose arguments do not fit the schema is no call.</param>
internal sealed class DeclaredTool(ToolDefinition tool, bool strict) : AIFunctionDeclaration
{
    private static readonly Dictionary<string, object?> Strict = new() { ["strict"] = true };

    public override string Name => tool.Name;

    public override string Description => tool.Description;

    public override JsonElement JsonSchema => tool.Parameters;

    public override IReadOnlyDictionary<string, object?> AdditionalProperties => strict ? Strict : base.AdditionalProperties;
}
