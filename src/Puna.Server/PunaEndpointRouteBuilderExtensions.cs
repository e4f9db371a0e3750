using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server.Endpoints;
using Puna.Server.Endpoints.Anthropic;
using Puna.Server.Endpoints.Ollama;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.Requests;
using Puna.Server.Telemetry;

namespace Puna.Server;

/// <summary>Maps the endpoints into an ASP.NET Core application that called <see cref="PunaServiceCollectionExtensions.AddPuna"/>.</summary>
public static class PunaEndpointRouteBuilderExtensions
{
    /// <summary>All endpoints, each where its clients look for it.</summary>
    public static IEndpointRouteBuilder MapPuna(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPunaOpenAI();
        endpoints.MapPunaAnthropic();
        endpoints.MapPunaOllama();
        endpoints.MapPunaHealth();
        endpoints.MapPunaWebPage();
        return endpoints;
    }

    /// <summary>
    /// The OpenAI API: <c>chat/completions</c>, <c>completions</c>, <c>responses</c>, <c>embeddings</c>, <c>files</c>, <c>batches</c>, <c>moderations</c>, <c>models</c>, and <c>tokenize</c> and <c>detokenize</c>.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">Path that they are under.</param>
    /// <returns>The group, for conventions such as <c>RequireAuthorization</c>.</returns>
    public static RouteGroupBuilder MapPunaOpenAI(this IEndpointRouteBuilder endpoints, string prefix = "/v1")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        Post(group, "/chat/completions", OpenAIErrors.Instance, ChatCompletions.HandleAsync);
        Post(group, "/completions", OpenAIErrors.Instance, Completions.HandleAsync);
        Post(group, "/responses", ResponsesErrors.Instance, Responses.HandleAsync);
        Get(group, "/responses/{id}", ResponsesErrors.Instance, Responses.GetAsync);
        group.MapDelete("/responses/{id}", ApiRoute.Of(ResponsesErrors.Instance, Responses.DeleteAsync));
        Post(group, "/embeddings", OpenAIErrors.Instance, EmbeddingEndpoint.HandleAsync);
        Post(group, "/files", OpenAIErrors.Instance, FileEndpoints.UploadAsync);
        Get(group, "/files", OpenAIErrors.Instance, FileEndpoints.ListAsync);
        Get(group, "/files/{id}", OpenAIErrors.Instance, FileEndpoints.GetAsync);
        Get(group, "/files/{id}/content", OpenAIErrors.Instance, FileEndpoints.ContentAsync);
        group.MapDelete("/files/{id}", ApiRoute.Of(OpenAIErrors.Instance, FileEndpoints.DeleteAsync));
        Post(group, "/batches", OpenAIErrors.Instance, BatchEndpoints.CreateAsync);
        Get(group, "/batches", OpenAIErrors.Instance, BatchEndpoints.ListAsync);
        Get(group, "/batches/{id}", OpenAIErrors.Instance, BatchEndpoints.GetAsync);
        Post(group, "/batches/{id}/cancel", OpenAIErrors.Instance, BatchEndpoints.CancelAsync);
        Post(group, "/moderations", OpenAIErrors.Instance, Moderations.HandleAsync);
        Post(group, "/tokenize", OpenAIErrors.Instance, TokenEndpoints.TokenizeAsync);
        Post(group, "/detokenize", OpenAIErrors.Instance, TokenEndpoints.DetokenizeAsync);
        Get(group, "/models", OpenAIErrors.Instance, ModelEndpoints.ListAsync);
        Get(group, "/models/{**id}", OpenAIErrors.Instance, ModelEndpoints.GetAsync);
        Unknown(group, OpenAIErrors.Instance);
        return group;
    }

    /// <summary>Anthropic's API: <c>messages</c> and <c>messages/count_tokens</c>. <c>models</c> is the OpenAI API's, which answers its clients, too.</summary>
    /// <inheritdoc cref="MapPunaOpenAI"/>
    public static RouteGroupBuilder MapPunaAnthropic(this IEndpointRouteBuilder endpoints, string prefix = "/v1")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        Post(group, "/messages", AnthropicErrors.Instance, AnthropicMessages.HandleAsync);
        Post(group, "/messages/count_tokens", AnthropicErrors.Instance, AnthropicMessages.CountAsync);
        return group;
    }

    /// <summary>Ollama's API: <c>chat</c>, <c>generate</c>, <c>embed</c>, <c>tags</c>, <c>ps</c>, <c>show</c> and <c>version</c>.</summary>
    /// <inheritdoc cref="MapPunaOpenAI"/>
    public static RouteGroupBuilder MapPunaOllama(this IEndpointRouteBuilder endpoints, string prefix = "/api")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        Post(group, "/chat", OllamaErrors.Instance, OllamaAnswers.ChatAsync);
        Post(group, "/generate", OllamaErrors.Instance, OllamaAnswers.GenerateAsync);
        Post(group, "/embed", OllamaErrors.Instance, OllamaEmbeddings.EmbedAsync);
        Post(group, "/embeddings", OllamaErrors.Instance, OllamaEmbeddings.EmbedOneAsync);
        Post(group, "/show", OllamaErrors.Instance, OllamaModels.ShowAsync);
        Get(group, "/tags", OllamaErrors.Instance, OllamaModels.TagsAsync);
        Get(group, "/ps", OllamaErrors.Instance, OllamaModels.RunningAsync);
        Get(group, "/version", OllamaErrors.Instance, OllamaModels.VersionAsync);
        Unknown(group, OllamaErrors.Instance);
        return group;
    }

    /// <summary><c>/health</c> and <c>/alive</c>, which ask for no key, and <c>/metrics</c> for Prometheus.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">Path that they are under.</param>
    public static RouteGroupBuilder MapPunaHealth(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        group.MapMethods("/health", HealthEndpoints.Methods, (RequestDelegate)HealthEndpoints.HealthAsync);
        group.MapMethods("/alive", HealthEndpoints.Methods, (RequestDelegate)HealthEndpoints.AliveAsync);
        Get(group, "/metrics", OpenAIErrors.Instance, HealthEndpoints.MetricsAsync);
        return group;
    }

    /// <summary>The chat page, at <c>/</c> and <c>/ui/</c>. It is public; what it asks the server for is not.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">Path that it is under; the OpenAI API and health are to be under the same.</param>
    public static RouteGroupBuilder MapPunaWebPage(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        WebPage.Map(group);
        return group;
    }

    private static RouteGroupBuilder Group(IEndpointRouteBuilder endpoints, string prefix)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        _ = endpoints.ServiceProvider.GetService<PrometheusText>() // listens from now on
            ?? throw new InvalidOperationException($"Call services.{nameof(PunaServiceCollectionExtensions.AddPuna)} before the application is built.");
        return endpoints.MapGroup(prefix);
    }

    private static void Post(RouteGroupBuilder group, string pattern, IErrorShape errors, Func<ApiCall, Task> handle) => group.MapPost(pattern, ApiRoute.Of(errors, handle));

    private static void Get(RouteGroupBuilder group, string pattern, IErrorShape errors, Func<ApiCall, Task> handle) => group.MapGet(pattern, ApiRoute.Of(errors, handle));

    private static void Unknown(RouteGroupBuilder group, IErrorShape errors) => group.Map("/{**path}", ApiRoute.Of(errors, UnknownEndpoint)).WithOrder(int.MaxValue);

    private static Task UnknownEndpoint(ApiCall call) =>
        throw new ApiException(new ApiError(404, "unknown_endpoint", $"{call.Http.Request.Method} {call.Http.Request.Path} is not an endpoint of this server; docs/api.md lists them."));
}
