using Puna.Server.Requests;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary>Known fields of chat completions and completions that are ignored or refused.</summary>
internal static class OpenAIFields
{
    private static readonly OtherField[] Common =
    [
        OtherField.Ignored("user", "keys tell callers apart"),
        OtherField.Ignored("metadata", "nothing is stored that it could be found by"),
        OtherField.Ignored("safety_identifier", "keys tell callers apart"),
        OtherField.Ignored("prompt_cache_key", "prompts that begin alike share their cache by themselves"),
        OtherField.Ignored("prompt_cache_retention", "prompts that begin alike share their cache by themselves"),
        OtherField.Refused("service_tier", "there is one tier. Leave it out.", "\"auto\"", "\"default\""),
    ];

    internal static OtherFields Chat { get; } = new(
    [
        .. Common,
        OtherField.Ignored("prediction", "it could only save time"),
        OtherField.Refused("store", "answers are not stored. Leave it out.", "false"),
        OtherField.Refused("modalities", "this server answers in text only.", "[\"text\"]"),
        OtherField.Refused("audio", "this server answers in text only."),
        OtherField.Refused("reasoning_effort", "Llama models have no reasoning that could be asked for.", "\"none\""),
        OtherField.Refused("verbosity", "it is not known to Llama models. Ask for it in words.", "\"medium\""),
        OtherField.Refused("web_search_options", "this server opens no connections."),
        OtherField.Refused("functions", "it is of an older form of the API. Use tools.", "[]"),
        OtherField.Refused("function_call", "it is of an older form of the API. Use tool_choice.", "\"none\"", "\"auto\""),
        OtherField.Refused("grammar", "answers cannot be held to a grammar here."),
    ]);

    internal static OtherFields Completions { get; } = new(
    [
        .. Common,
        OtherField.Refused("suffix", "these models write on, not in between."),
        OtherField.Refused("best_of", "answers are not compared. Ask for n and choose.", "1"),
        OtherField.Refused("grammar", "answers cannot be held to a grammar here."),
    ]);
}
