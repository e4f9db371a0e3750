using System.Text;
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
/// <param name="Strict">Schemas that calls must fit even where the model may choose, by the tool's name.</param>
internal sealed record ChatTools(IReadOnlyList<ToolDefinition> Definitions, bool AllowsSeveral, Constraint? Form, IReadOnlyDictionary<string, Constraint> Strict)
{
    /// <summary>Key in a tool's additional properties, as the OpenAI client of Microsoft.Extensions.AI has it.</summary>
    internal const string StrictKey = "strict";

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
        Dictionary<string, Constraint> strict = new(StringComparer.Ordinal);
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < tools.Count; i++)
        {
            ToolDefinition definition = Define(tools[i], $"{ToolsMember}[{i}]");
            if (!names.Add(definition.Name)) throw new UnsupportedChatFeatureException($"{ToolsMember}[{i}].name", $"it is '{definition.Name}', as another tool's. Give each its own.");
            definitions.Add(definition);
            if (tools[i].AdditionalProperties.TryGetValue(StrictKey, out object? wanted) && wanted is true or JsonElement { ValueKind: JsonValueKind.True })
                strict.Add(definition.Name, OfArguments(definition, i, ConstraintOptions.AnySpelling));
        }

        return new ChatTools(definitions, options.AllowMultipleToolCalls ?? true, ReadForm(options, definitions), strict);
    }

    /// <summary>Whether a call may be made: one of a strict tool only with arguments that its schema allows.</summary>
    internal bool Accepts(ToolCall call) => !Strict.TryGetValue(call.Name, out Constraint? schema) || schema.Matches(Encoding.UTF8.GetBytes(call.Arguments.GetRawText()));

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
        foreach (ToolDefinition tool in wanted) OfArguments(tool, all.IndexOf(tool), ConstraintOptions.Default);
        if (answer is { } schema) Constraint.FromJsonSchema(schema); // what is wrong with it alone is told with its own places

        // A call is read and never shown: whitespace in it is only more tokens, and small models may not stop writing it.
        ConstraintOptions options = answer is null ? ConstraintOptions.Default with { Whitespace = JsonWhitespace.None } : ConstraintOptions.Default;
        return Constraint.FromJsonSchema(ToolCallSchema.Write(wanted, answer), options);
    }

    private static Constraint OfArguments(ToolDefinition tool, int index, ConstraintOptions options)
    {
        try
        {
            return Constraint.FromJsonSchema(ToolCallSchema.WriteArguments(tool), options);
        }
        catch (ConstraintException error)
        {
            throw new UnsupportedChatFeatureException($"{ToolsMember}[{index}].parameters", $"calls are to be held to it, and it cannot be enforced. {error.Message}");
        }
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
