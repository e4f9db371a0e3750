using Microsoft.Extensions.AI;
using Puna.Chat.Tools;

namespace Puna.Prompting;

/// <summary>Tools that a request offers to the model.</summary>
/// <param name="Definitions">At least one; names differ.</param>
/// <param name="AllowsSeveral">More than one call in an answer.</param>
internal sealed record ChatTools(IReadOnlyList<ToolDefinition> Definitions, bool AllowsSeveral)
{
    private const string ToolsMember = $"{nameof(ChatOptions)}.{nameof(ChatOptions.Tools)}";

    /// <summary>The tools of a request; null where none is to be called.</summary>
    /// <exception cref="UnsupportedChatFeatureException">A tool is of a kind that cannot be called, is malformed, or a call is required.</exception>
    internal static ChatTools? Read(ChatOptions? options)
    {
        if (options?.ToolMode is RequiredChatToolMode)
            throw new UnsupportedChatFeatureException($"{nameof(ChatOptions)}.{nameof(ChatOptions.ToolMode)}", "a call cannot be enforced yet. Use Auto, and check whether one comes.");
        if (options?.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode) return null;

        List<ToolDefinition> definitions = [];
        for (int i = 0; i < tools.Count; i++)
        {
            ToolDefinition definition = Define(tools[i], $"{ToolsMember}[{i}]");
            if (definitions.Any(d => d.Name == definition.Name)) throw new UnsupportedChatFeatureException($"{ToolsMember}[{i}].name", $"it is '{definition.Name}', as another tool's. Give each its own.");
            definitions.Add(definition);
        }

        return new ChatTools(definitions, options.AllowMultipleToolCalls ?? true);
    }

    private static ToolDefinition Define(AITool tool, string place)
    {
        if (tool is not AIFunctionDeclaration function)
            throw new UnsupportedChatFeatureException(place, $"it is a {tool.GetType().Name}. Only functions can be called; leave it out.");

        try
        {
            return new ToolDefinition(function.Name, function.Description, function.JsonSchema);
        }
        catch (ToolDefinitionException error)
        {
            throw new UnsupportedChatFeatureException($"{place}.{error.Member}", $"it {error.Reason}");
        }
    }
}
