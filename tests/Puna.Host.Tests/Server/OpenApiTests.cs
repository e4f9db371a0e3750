using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server.Wire.OpenAI;

namespace Puna.Host.Tests.Server;

/// <summary>The OpenAPI document tells of every endpoint, and its references lead somewhere.</summary>
public sealed class OpenApiTests(TinyServerFixture fixture) : IClassFixture<TinyServerFixture>
{
    [Fact]
    public async Task Every_endpoint_of_the_apis_is_in_the_document()
    {
        JsonElement paths = (await DocumentAsync()).GetProperty("paths");
        string[] pages = ["/", "/docs", "/ui/{path}", "/openapi.json", "/health", "/alive", "/v1/{path}", "/api/{path}"];

        List<string> told = [.. paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}"))];

        foreach (RouteEndpoint endpoint in fixture.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            string path = "/" + endpoint.RoutePattern.RawText!.Replace("**", "", StringComparison.Ordinal).TrimStart('/');
            if (pages.Contains(path)) continue;
            Assert.All(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods, method => Assert.Contains($"{method} {path}", told));
        }

        Assert.True(told.Count >= 30);
        Assert.Equal(told.Count, paths.EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(m => m.Value.GetProperty("operationId").GetString())).Distinct().Count());
    }

    [Fact]
    public async Task Every_reference_leads_somewhere()
    {
        JsonElement document = await DocumentAsync();
        int references = 0;
        Follow(document);
        Assert.True(references > 60);

        void Follow(JsonElement at)
        {
            if (at.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in at.EnumerateArray()) Follow(item);
            }
            else if (at.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in at.EnumerateObject())
                {
                    Follow(property.Value);
                    if (property.Name != "$ref") continue;
                    references++;
                    JsonElement target = document;
                    foreach (string part in property.Value.GetString()!.Split('/').Skip(1)) target = target.ValueKind == JsonValueKind.Array ? target[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)] : target.GetProperty(part);
                }
            }
        }
    }

    [Fact]
    public async Task Fields_are_those_that_requests_are_read_into()
    {
        JsonElement document = await DocumentAsync();
        JsonElement body = document.GetProperty("paths").GetProperty("/v1/chat/completions").GetProperty("post").GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.Equal("#/components/schemas/ChatCompletionRequest", body.GetProperty("$ref").GetString());
        JsonElement schema = document.GetProperty("components").GetProperty("schemas").GetProperty("ChatCompletionRequest");
        JsonTypeInfo type = OpenAIJson.Wire.ChatCompletionRequest;

        Assert.Equal(type.Properties.Where(p => !p.IsExtensionData).Select(p => p.Name).Order(), schema.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal(["integer", "null"], schema.GetProperty("properties").GetProperty("max_tokens").GetProperty("type").EnumerateArray().Select(t => t.GetString()));
    }

    [Fact]
    public async Task A_page_shows_it()
    {
        TinyServer.Reply page = await fixture.Server.GetAsync("/docs");
        Assert.Equal("text/html", page.MediaType);
        Assert.DoesNotContain("http", page.Body.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal); // nothing from elsewhere
        Assert.Equal("text/javascript", (await fixture.Server.GetAsync("/ui/docs/docs.js")).MediaType);
    }

    private async Task<JsonElement> DocumentAsync() => (await fixture.Server.GetAsync("/openapi.json")).Ok;
}
