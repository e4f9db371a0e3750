using Puna.Server.Requests;

namespace Puna.Server.Endpoints.Anthropic;

/// <summary>Known fields of Anthropic's API that are ignored or refused, and its names for those that are honoured.</summary>
internal static class AnthropicFields
{
    private static readonly OtherField CacheControl = OtherField.Ignored("cache_control", "prompts that begin alike share their cache by themselves");

    internal static OtherFields Messages { get; } = new(
        CacheControl,
        OtherField.Ignored("metadata", "nothing is stored that it could be found by"),
        OtherField.Refused("thinking", "Llama models have no reasoning that could be asked for.", """{"type":"disabled"}""", """{"type":"adaptive"}"""),
        OtherField.Refused("service_tier", "there is one tier. Leave it out.", "\"auto\"", "\"standard_only\""),
        OtherField.Refused("speed", "there is one speed. Leave it out.", "\"standard\""),
        OtherField.Refused("container", "this server runs no code."),
        OtherField.Refused("mcp_servers", "this server opens no connections.", "[]"),
        OtherField.Refused("context_management", "the conversation is read as it is sent. Leave it out.", "{}"),
        OtherField.Refused("diagnostics", "there are none to give. Leave it out."),
        OtherField.Refused("inference_geo", "this server computes where it stands. Leave it out."));

    internal static OtherFields Text { get; } = new(
        CacheControl,
        OtherField.Ignored("citations", "what an answer carried besides its text is not shown to the model"));

    internal static OtherFields ToolUse { get; } = new(CacheControl);

    internal static OtherFields ToolResult { get; } = new(
        CacheControl,
        OtherField.Ignored("is_error", "the model reads the result's text, which says it"));

    internal static OtherFields Tool { get; } = new(
        CacheControl,
        OtherField.Ignored("eager_input_streaming", "arguments are sent when they are whole"),
        OtherField.Ignored("input_examples", "the model is not shown them; say them in the description"),
        OtherField.Refused("defer_loading", "tools are all shown to the model.", "false"),
        OtherField.Refused("allowed_callers", "only the model calls tools.", "[\"direct\"]"));

    internal static OtherFields OutputConfig { get; } = new(OtherField.Ignored("effort", "Llama models have one"));

    internal static FieldNames Names { get; } = new(("stop", "stop_sequences"), ("response_format", "output_config.format"), (FieldNames.Schema, "output_config.format.schema"));
}
