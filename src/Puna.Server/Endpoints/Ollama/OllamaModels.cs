using System.Globalization;
using System.Text.Json.Nodes;
using Puna.Models;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.Ollama;

namespace Puna.Server.Endpoints.Ollama;

/// <summary><c>GET /api/tags</c>, <c>GET /api/ps</c>, <c>POST /api/show</c> and <c>GET /api/version</c>.</summary>
internal static class OllamaModels
{
    /// <summary>The version of Ollama whose API these endpoints follow: clients look at it to learn what they may ask for.</summary>
    internal const string FollowedVersion = "0.12.11";

    internal static Task VersionAsync(ApiCall call) => call.WriteAsync(new OllamaVersion(FollowedVersion), OllamaJson.Wire.OllamaVersion);

    internal static Task TagsAsync(ApiCall call) =>
        call.WriteAsync(new OllamaModelList([.. call.Models.All.Select(m => Describe(m) with { ModifiedAt = m.Card.WrittenAt })]), OllamaJson.Wire.OllamaModelList);

    /// <summary>Loaded models. Of those that stay loaded a date far off says so to clients that need one.</summary>
    internal static Task RunningAsync(ApiCall call) => call.WriteAsync(
        new OllamaModelList([.. call.Models.All.Where(m => m.IsLoaded).Select(m => Describe(m) with { ExpiresAt = call.Models.ExpiresAt(m) ?? call.Clock.GetUtcNow().AddYears(100), SizeVram = 0, ContextLength = m.ContextLength })]),
        OllamaJson.Wire.OllamaModelList);

    internal static async Task ShowAsync(ApiCall call)
    {
        OllamaShowRequest fields = await call.ReadAsync(OllamaJson.Wire.OllamaShowRequest).ConfigureAwait(false);
        OllamaFields.Show.Check(fields.Others);
        ModelCard card = call.Served(fields.Model).Card;
        string parameters = string.Create(CultureInfo.InvariantCulture, $"temperature {SamplingDefaults.Temperature}\ntop_p {SamplingDefaults.TopP}");
        string[] capabilities = card.TakesTools ? ["completion", "tools", "embedding"] : ["completion", "embedding"];
        await call.WriteAsync(
            new OllamaShowReply(card.License, parameters, card.ChatTemplate ?? "", Details(card), Info(card), capabilities, card.WrittenAt), OllamaJson.Wire.OllamaShowReply).ConfigureAwait(false);
    }

    private static OllamaModel Describe(ServedModel served) => new(served.Id, served.Id, null, served.WeightBytes, served.Card.Fingerprint, Details(served.Card));

    private static OllamaModelDetails Details(ModelCard card)
    {
        string family = card.Config.Architecture;
        return new OllamaModelDetails("", Directory.Exists(card.Path) ? "safetensors" : "gguf", family, [family], Size(card.ParameterCount), card.WeightType);
    }

    private static JsonObject Info(ModelCard card)
    {
        DecoderConfig config = card.Config;
        string family = config.Architecture;
        JsonObject info = new()
        {
            ["general.architecture"] = family,
            ["general.parameter_count"] = card.ParameterCount,
            [$"{family}.context_length"] = config.ContextLength,
            [$"{family}.block_count"] = config.Layers.Count,
            [$"{family}.embedding_length"] = config.HiddenSize,
            [$"{family}.attention.head_count"] = config.NHeads,
            [$"{family}.attention.head_count_kv"] = config.NKvHeads,
            [$"{family}.vocab_size"] = config.VocabSize,
        };
        if (config.NExperts > 0) (info[$"{family}.expert_count"], info[$"{family}.expert_used_count"]) = (config.NExperts, config.NExpertsUsed);
        return info;
    }

    private static string Size(long parameters) => parameters switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:0.#}B"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.#}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e3:0.#}K"),
    };
}
