using System.Text.Json;
using Puna.Engine;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;
using Puna.Models.Cache;
using Puna.Prompting;
using Puna.Server.Serving;

namespace Puna.Server.Requests;

/// <summary>What became of a request whose handling threw.</summary>
internal static class ErrorMapping
{
    /// <summary>The error to answer with; null for a fault of the program, about which the caller learns nothing.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="names">What the endpoint calls its fields.</param>
    internal static ApiError? Of(Exception error, FieldNames names) => error switch
    {
        ApiException api => api.Error,
        PromptTooLongException tooLong => ApiError.Invalid(names[FieldNames.Prompt],
            $"The prompt has {tooLong.PromptTokens} tokens; the context holds {tooLong.ContextLength}, the answer included. Shorten the prompt, or let the operator raise the context length.", "context_length_exceeded"),
        SamplingOptionException option => OfOption(option, names),
        UnsupportedChatFeatureException unsupported => OfFeature(unsupported, names),
        ChatFormatException { Error: ChatFormatError.RefusedConversation } refused => ApiError.Invalid(names[FieldNames.Prompt], Words(refused), "refused_by_template"),
        ConstraintException constraint => ApiError.Invalid(names[FieldNames.Schema], $"The schema cannot be enforced: {constraint.Message}", "unsupported_schema"),
        ChatFormatException { Error: ChatFormatError.NoFormat } => ApiError.Invalid("model", "This model has no chat template; it may be a base model. Send the text to a completion endpoint, or let the operator give a template.", "no_chat_template"),
        ChatFormatException { Error: ChatFormatError.NoTools } => ApiError.Invalid("tools", "This model's chat format has no words for tools, their calls and results. Leave them out, or let the operator give a template that has.", "no_tools"),
        ChatFormatException => new ApiError(500, "broken_template", "The model's chat template fails. Its operator finds the reason in the log, and can give a template that works."),
        NoTokenAllowedException none => ApiError.Invalid(names["logit_bias"], none.Message),
        KvCacheFullException => new ApiError(503, "out_of_cache", "The prompt needs more cache memory than the operator allows. Send a shorter one, or try again when fewer requests run.", RetryAfter: TimeSpan.FromSeconds(5)),
        InvalidLogitsException => new ApiError(500, "invalid_logits", "The model computed a value that is not a number. Its operator should check the file with puna inspect --check."),
        ModelLoadException unloadable => new ApiError(503, "model_not_loaded", $"The model '{unloadable.Id}' cannot be loaded. Its operator finds the reason in the log.", "model"),
        ObjectDisposedException => new ApiError(503, "shutting_down", "The server is shutting down."),
        ArgumentException { ParamName: "stops" } stop => ApiError.Invalid(names["stop"], WithoutParameterName(stop)),
        _ => null,
    };

    private static ApiError OfOption(SamplingOptionException error, FieldNames names)
    {
        int bracket = error.Option.IndexOf('[', StringComparison.Ordinal);
        string name = bracket < 0 ? error.Option : error.Option[..bracket], index = bracket < 0 ? "" : error.Option[bracket..];
        string parameter = names[name == "Dry.LastN" ? "dry_penalty_last_n" : JsonNamingPolicy.SnakeCaseLower.ConvertName(name.Replace(".", "", StringComparison.Ordinal))] + index;
        return ApiError.Invalid(parameter, $"{parameter} is {error.Value}; allowed: {error.Allowed}.");
    }

    /// <summary>Names of .NET members in the words of the request.</summary>
    private static ApiError OfFeature(UnsupportedChatFeatureException error, FieldNames names)
    {
        string member = error.Member.Replace("ChatOptions.", "", StringComparison.Ordinal);
        string parameter = member == "ToolMode" ? "tool_choice"
            : member.StartsWith("Tools[", StringComparison.Ordinal) ? "t" + member[1..]
            : member.Contains('[', StringComparison.Ordinal) ? member
            : names[JsonNamingPolicy.SnakeCaseLower.ConvertName(member)];
        return ApiError.Invalid(parameter, error.Message.Replace(error.Member, parameter, StringComparison.Ordinal), "unsupported_parameter");
    }

    private static string Words(ChatFormatException error) =>
        error.InnerException is Chat.Templates.ChatTemplateException template ? $"The model's chat template refuses this conversation: {template.Reason}" : "The model's chat template refuses this conversation.";

    private static string WithoutParameterName(ArgumentException error) => error.Message.Replace($" (Parameter '{error.ParamName}')", "", StringComparison.Ordinal);
}
