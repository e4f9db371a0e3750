using Puna.Server.Requests;

namespace Puna.Server.Endpoints.Ollama;

/// <summary>Known fields of Ollama's API that are ignored or refused, and its names for those that are honoured.</summary>
internal static class OllamaFields
{
    private static readonly OtherField CustomHeaders = OtherField.Ignored("CustomHeaders", "OllamaSharp writes it into its requests; it has sent the headers as such");
    private static readonly OtherField Think = OtherField.Refused("think", "Llama models have no reasoning that could be asked for.", "false");
    private static readonly OtherField Images = OtherField.Refused("images", "this server takes text only.", "[]");
    private static readonly OtherField Template = OtherField.Refused("template", "the model's own chat template is used. Set raw and write the prompt out.", "\"\"");

    internal static OtherFields Chat { get; } = new(CustomHeaders, Think, Template);

    internal static OtherFields Generate { get; } = new(
        CustomHeaders, Think, Template, Images,
        OtherField.Refused("suffix", "these models write on, not in between.", "\"\""),
        OtherField.Refused("context", "it is of an older form of the API. Send the conversation to /api/chat.", "[]"),
        OtherField.Refused("width", "this server makes no images.", "0"),
        OtherField.Refused("height", "this server makes no images.", "0"),
        OtherField.Refused("steps", "this server makes no images.", "0"));

    internal static OtherFields Message { get; } = new(
        Images,
        OtherField.Ignored("thinking", "an earlier answer's reasoning is not shown to the model"));

    internal static OtherFields Function { get; } = new(OtherField.Ignored("index", "calls are taken in the order of the list"));

    internal static OtherFields Embed { get; } = new(CustomHeaders, OtherField.Ignored("options", "they change nothing about a text's hidden states"));

    internal static OtherFields Show { get; } = new(
        CustomHeaders,
        OtherField.Ignored("verbose", "everything is told at once"),
        OtherField.Ignored("system", "models carry no system message here"),
        OtherField.Ignored("template", "the model's own is told"),
        OtherField.Ignored("options", "they change nothing about the model"));

    internal static OtherFields Options { get; } = new(
    [
        .. ((string[])["num_ctx", "num_keep", "num_batch", "num_thread", "num_gpu", "num_gqa", "main_gpu", "low_vram", "f16_kv", "use_mmap", "use_mlock", "numa", "logits_all", "vocab_only"])
            .Select(name => OtherField.Ignored(name, "how the model is run is the operator's choice; a prompt too long for the context is refused, never cut")),
        OtherField.Ignored("mirostat_eta", "mirostat is not there"),
        OtherField.Ignored("mirostat_tau", "mirostat is not there"),
        OtherField.Refused("mirostat", "this sampler has no mirostat. Use min_p or typical_p.", "0"),
        OtherField.Refused("tfs_z", "tail-free sampling is not there. Use min_p.", "1", "1.0", "0"),
        OtherField.Refused("penalize_newline", "penalties hold for newlines as for all tokens.", "true"),
    ]);

    internal static FieldNames ChatNames { get; } = Names("messages");

    internal static FieldNames GenerateNames { get; } = Names("prompt");

    internal static FieldNames EmbedNames { get; } = Names("input");

    private static FieldNames Names(string prompt) => new(
    [
        (FieldNames.Prompt, prompt), ("response_format", "format"), (FieldNames.Schema, "format"), ("max_tokens", "options.num_predict"), ("repetition_penalty", "options.repeat_penalty"),
        .. ((string[])["temperature", "top_p", "top_k", "min_p", "typical_p", "repeat_last_n", "presence_penalty", "frequency_penalty", "stop"]).Select(name => (name, $"options.{name}")),
    ]);
}
