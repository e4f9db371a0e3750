using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Puna.Models;
using Puna.Prompting;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.Ollama;

namespace Puna.Server.Endpoints.Ollama;

/// <summary><c>GET /api/tags</c>, <c>GET /api/ps</c>, <c>POST /api/show</c> and <c>GET /api/version</c>.</summary>
internal static class OllamaModels
{
    /// <summary>The version of Ollama whose API these endpoints follow: clients look at it to learn what they may ask for.</summary>
    internal const string FollowedVersion = "0.12.11";

    private static readonly AITool AnyTool = AIFunctionFactory.CreateDeclaration("any", "", JsonElement.Parse("""{"type": "object", "properties": {}}"""));

    internal static Task VersionAsync(ApiCall call) => call.WriteAsync(new OllamaVersion(FollowedVersion), OllamaJson.Wire.OllamaVersion);

    internal static Task TagsAsync(ApiCall call) =>
        call.WriteAsync(new OllamaModelList([.. call.Models.All.Select(m => Describe(m) with { ModifiedAt = ModifiedAt(m) })]), OllamaJson.Wire.OllamaModelList);

    /// <summary>Loaded models. They stay loaded; a date far off says so to clients that need one.</summary>
    internal static Task RunningAsync(ApiCall call) => call.WriteAsync(
        new OllamaModelList([.. call.Models.All.Select(m => Describe(m) with { ExpiresAt = call.Clock.GetUtcNow().AddYears(100), SizeVram = 0, ContextLength = m.Model.Engine.ContextLength })]),
        OllamaJson.Wire.OllamaModelList);

    internal static async Task ShowAsync(ApiCall call)
    {
        OllamaShowRequest fields = await call.ReadAsync(OllamaJson.Wire.OllamaShowRequest).ConfigureAwait(false);
        OllamaFields.Show.Check(fields.Others);
        ServedModel served = call.Model(fields.Model);
        PunaModel model = served.Model;
        string parameters = string.Create(CultureInfo.InvariantCulture, $"temperature {SamplingDefaults.Temperature}\ntop_p {SamplingDefaults.TopP}");
        await call.WriteAsync(
            new OllamaShowReply(model.License, parameters, model.ChatTemplateSource ?? "", Details(model), Info(model), Capabilities(served), ModifiedAt(served)), OllamaJson.Wire.OllamaShowReply).ConfigureAwait(false);
    }

    private static string[] Capabilities(ServedModel served)
    {
        try
        {
            _ = served.Client.EncodePrompt([new ChatMessage(ChatRole.User, "")], new ChatOptions { Tools = [AnyTool] });
            return ["completion", "tools", "embedding"];
        }
        catch (ChatFormatException)
        {
            return ["completion", "embedding"]; // its chat format has no words for tools, or there is none
        }
    }

    private static OllamaModel Describe(ServedModel served) => new(served.Id, served.Id, null, served.Model.WeightBytes, served.Fingerprint, Details(served.Model));

    private static OllamaModelDetails Details(PunaModel model)
    {
        string family = model.Config.Architecture;
        return new OllamaModelDetails("", Directory.Exists(model.Path) ? "safetensors" : "gguf", family, [family], Size(model.ParameterCount), model.WeightType);
    }

    private static JsonObject Info(PunaModel model)
    {
        DecoderConfig config = model.Config;
        string family = config.Architecture;
        JsonObject info = new()
        {
            ["general.architecture"] = family,
            ["general.parameter_count"] = model.ParameterCount,
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

    private static DateTimeOffset ModifiedAt(ServedModel served) => new(File.GetLastWriteTimeUtc(served.Model.Path), TimeSpan.Zero);

    private static string Size(long parameters) => parameters switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:0.#}B"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.#}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e3:0.#}K"),
    };
}
