using Microsoft.AspNetCore.Http;
using Puna.Server.Requests;
using Puna.Server.Serving;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server.Endpoints.OpenAI;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>.</summary>
internal static class ModelEndpoints
{
    internal static Task ListAsync(ApiCall call) =>
        call.WriteAsync(new ModelList("list", [.. call.Models.All.Select(Describe)]), OpenAIJson.Wire.ModelList);

    internal static Task GetAsync(ApiCall call) =>
        call.WriteAsync(Describe(call.Model(call.Http.Request.RouteValues["id"] as string)), OpenAIJson.Wire.ModelInfo);

    private static ModelInfo Describe(ServedModel served) =>
        new(served.Id, "model", served.LoadedAt.ToUnixTimeSeconds(), "puna", served.Model.Engine.ContextLength, served.Model.Name, served.Aliases);
}
