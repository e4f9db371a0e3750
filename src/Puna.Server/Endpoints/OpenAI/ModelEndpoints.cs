using Microsoft.AspNetCore.Http;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.Anthropic;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>, in Anthropic's shape for those who name a version of its API.</summary>
internal static class ModelEndpoints
{
    internal static Task ListAsync(ApiCall call)
    {
        IReadOnlyList<ServedModel> all = call.Models.All;
        return IsAnthropic(call)
            ? call.WriteAsync(new AnthropicModelList([.. all.Select(DescribeToAnthropic)], all[0].Id, all[^1].Id, HasMore: false), AnthropicJson.Wire.AnthropicModelList)
            : call.WriteAsync(new ModelList("list", [.. all.Select(Describe)]), OpenAIJson.Wire.ModelList);
    }

    internal static Task GetAsync(ApiCall call)
    {
        ServedModel served = call.Served(call.Http.Request.RouteValues["id"] as string);
        return IsAnthropic(call) ? call.WriteAsync(DescribeToAnthropic(served), AnthropicJson.Wire.AnthropicModel) : call.WriteAsync(Describe(served), OpenAIJson.Wire.ModelInfo);
    }

    private static bool IsAnthropic(ApiCall call) => call.Http.Request.Headers.ContainsKey("anthropic-version");

    private static AnthropicModel DescribeToAnthropic(ServedModel served) => new("model", served.Id, served.Card.Name, served.Card.WrittenAt);

    private static ModelInfo Describe(ServedModel served) =>
        new(served.Id, "model", served.Card.WrittenAt.ToUnixTimeSeconds(), "puna", served.ContextLength, served.Card.Name, served.Aliases, served.IsLoaded);
}
