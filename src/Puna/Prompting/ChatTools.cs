using System.Text.Json;
using Microsoft.Extensions.AI;
using Puna.Chat.Tools;
using Puna.Engine.Constraints;

namespace Puna.Prompting;

/// <summary>Tools that a request offers to the model.</summary>
/// <param name="Definitions">At least one; names differ.</param>
/// <param name="AllowsSeveral">More than one call in an answer.</param>
/// <param name="Form">
/// The form that the answer must have for the tools' sake: a call where one is required, a call or the JSON that is asked for
/// where that has a schema; otherwise null.
/// </param>
internal sealed record ChatTools(IReadOnlyList<ToolDefinition> Definitions, bool AllowsSeveral, Constraint? Form)
{
    private const string ToolsMember = $"{nameof(ChatOptions)}.{nameof(ChatOptions.Tools)}";
    private const string ModeMember = $"{nameof(ChatOptions)}.{nameof(ChatOptions.ToolMode)}";

    /// <summary>The tools of a request; null where none is to be called.</summary>
    /// <exception cref="UnsupportedChatFeatureException">A tool is of a kind that cannot be called or malformed, or a required call cannot be enforced.</exception>
    internal static ChatTools? Read(ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode)
        {
            return options?.ToolMode is RequiredChatToolMode
                ? throw new UnsupportedChatFeatureException(ModeMember, "a tool call is required, and there are no tools. Give some, or leave it null.")
                : null;
        }

        List<ToolDefinition> definitions = [];
        for (int i = 0; i < tools.Count; i++)
        {
            ToolDefinition definition = Define(tools[i], $"{ToolsMember}[{i}]");
            if (definitions.Any(d => d.Name == definition.Name)) throw new UnsupportedChatFeatureException($"{ToolsMember}[{i}].name", $"it is '{definition.Name}', as another tool's. Give each its own.");
            definitions.Add(definition);
        }

        return new ChatTools(definitions, options.AllowMultipleToolCalls ?? true, ReadForm(options, definitions));
    }

    private static Constraint? ReadForm(ChatOptions options, List<ToolDefinition> definitions)
    {
        if (options.ToolMode is RequiredChatToolMode required)
        {
            List<ToolDefinition> wanted = required.RequiredFunctionName is { } name ? definitions.FindAll(d => d.Name == name) : definitions;
            if (wanted.Count == 0) throw new UnsupportedChatFeatureException(ModeMember, $"'{required.RequiredFunctionName}' is required, and not among the tools. Give it, too.");
            return Enforce(definitions, wanted, null);
        }

        return options.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } ? Enforce(definitions, definitions, schema) : null;
    }

    private static Constraint Enforce(List<ToolDefinition> all, IReadOnlyList<ToolDefinition> wanted, JsonElement? answer)
    {
        foreach (ToolDefinition tool in wanted)
        {
            try
            {
                Constraint.FromJsonSchema(ToolCallSchema.WriteArguments(tool));
            }
            catch (ConstraintException error)
            {
                throw new UnsupportedChatFeatureException($"{ToolsMember}[{all.IndexOf(tool)}].parameters", $"calls are to be held to it, and it cannot be enforced. {error.Message}");
            }
        }

        if (answer is { } schema) Constraint.FromJsonSchema(schema); // what is wrong with it alone is told with its own places
        return Constraint.FromJsonSchema(ToolCallSchema.Write(wanted, answer));
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
