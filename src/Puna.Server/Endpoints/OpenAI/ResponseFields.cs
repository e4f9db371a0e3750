using Puna.Server.Requests;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Known fields of responses that are ignored or refused, and their names for those that are honoured.</summary>
internal static class ResponseFields
{
    /// <summary>What <c>include</c> may ask for.</summary>
    internal const string Logprobs = "message.output_text.logprobs";

    internal static OtherFields Request { get; } = new(
        OtherField.Ignored("user", "keys tell callers apart"),
        OtherField.Ignored("safety_identifier", "keys tell callers apart"),
        OtherField.Ignored("prompt_cache_key", "prompts that begin alike share their cache by themselves"),
        OtherField.Ignored("prompt_cache_retention", "prompts that begin alike share their cache by themselves"),
        OtherField.Ignored("stream_options", "events carry no padding"),
        OtherField.Refused("service_tier", "there is one tier. Leave it out.", "\"auto\"", "\"default\""),
        OtherField.Refused("truncation", "a conversation too long for the context is refused, never cut.", "\"disabled\""),
        OtherField.Refused("reasoning", "Llama models have no reasoning that could be asked for.", "{}", """{"effort":"none"}"""),
        OtherField.Refused("background", "answers are made while the client waits. Leave it out.", "false"),
        OtherField.Refused("conversation", "conversations are gone on with by previous_response_id."),
        OtherField.Refused("prompt", "no prompts are stored here. Write it out as input."),
        OtherField.Refused("max_tool_calls", "this server runs no tools of its own. Leave it out."));

    internal static OtherFields Item { get; } = new(
        OtherField.Ignored("id", "items are read as they are sent"),
        OtherField.Ignored("status", "items are read as they are sent"));

    internal static OtherFields Part { get; } = new(
        OtherField.Ignored("annotations", "what an answer carried besides its text is not shown to the model"),
        OtherField.Ignored("logprobs", "what an answer carried besides its text is not shown to the model"));

    internal static OtherFields Text { get; } = new(OtherField.Refused("verbosity", "it is not known to Llama models. Ask for it in words.", "\"medium\""));

    internal static FieldNames Names { get; } = new((FieldNames.Prompt, "input"), ("response_format", "text.format"), (FieldNames.Schema, "text.format.schema"), ("max_tokens", "max_output_tokens"));
}
