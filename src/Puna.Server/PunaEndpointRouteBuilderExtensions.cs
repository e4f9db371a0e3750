using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Puna.Server.Endpoints;
using Puna.Server.Endpoints.Anthropic;
using Puna.Server.Endpoints.Ollama;
using Puna.Server.Endpoints.OpenAI;
using Puna.Server.OpenApi;
using Puna.Server.Requests;
using Puna.Server.Telemetry;
using Puna.Server.Wire.Anthropic;
using Puna.Server.Wire.Ollama;
using Puna.Server.Wire.OpenAI;

namespace Puna.Server;

/// <summary>Maps the endpoints into an ASP.NET Core application that called <see cref="PunaServiceCollectionExtensions.AddPuna"/>.</summary>
public static class PunaEndpointRouteBuilderExtensions
{
    private const string Events = "text/event-stream";
    private const string Lines = "application/x-ndjson";

    /// <summary>All endpoints, each where its clients look for it.</summary>
    public static IEndpointRouteBuilder MapPuna(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPunaOpenAI();
        endpoints.MapPunaAnthropic();
        endpoints.MapPunaOllama();
        endpoints.MapPunaHealth();
        endpoints.MapPunaOpenApi();
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
        Post(group, "/chat/completions", ChatCompletions.HandleAsync, new ApiOperation("Answers a conversation", OpenAIErrors.Instance) { Request = OpenAIJson.Wire.ChatCompletionRequest, Reply = OpenAIJson.Wire.ChatCompletion, Stream = Events });
        Post(group, "/completions", Completions.HandleAsync, new ApiOperation("Continues text without a chat template", OpenAIErrors.Instance) { Request = OpenAIJson.Wire.CompletionRequest, Reply = OpenAIJson.Wire.Completion, Stream = Events });
        Post(group, "/responses", Responses.HandleAsync, new ApiOperation("Answers as a response that later ones can go on from", ResponsesErrors.Instance) { Request = OpenAIJson.Wire.ResponseRequest, Reply = OpenAIJson.Wire.Response, Stream = Events });
        Get(group, "/responses/{id}", Responses.GetAsync, new ApiOperation("A stored response", ResponsesErrors.Instance) { Reply = OpenAIJson.Wire.Response });
        Delete(group, "/responses/{id}", Responses.DeleteAsync, new ApiOperation("Forgets a response", ResponsesErrors.Instance) { Reply = OpenAIJson.Wire.DeletedResponse });
        Post(group, "/embeddings", EmbeddingEndpoint.HandleAsync, new ApiOperation("Texts as vectors", OpenAIErrors.Instance) { Request = OpenAIJson.Wire.EmbeddingRequest, Reply = OpenAIJson.Wire.EmbeddingList });
        Post(group, "/files", FileEndpoints.UploadAsync, new ApiOperation("Keeps a file of requests", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.FileObject, TakesFile = true });
        Get(group, "/files", FileEndpoints.ListAsync, new ApiOperation("Files, the latest first", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.FileList, Query = ["limit", "after"] });
        Get(group, "/files/{id}", FileEndpoints.GetAsync, new ApiOperation("A file", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.FileObject });
        Get(group, "/files/{id}/content", FileEndpoints.ContentAsync, new ApiOperation("What a file holds", OpenAIErrors.Instance) { OtherReply = "application/octet-stream" });
        Delete(group, "/files/{id}", FileEndpoints.DeleteAsync, new ApiOperation("Deletes a file", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.DeletedFile });
        Post(group, "/batches", BatchEndpoints.CreateAsync, new ApiOperation("Answers the requests of a file when there is time", OpenAIErrors.Instance) { Request = OpenAIJson.Wire.BatchRequest, Reply = OpenAIJson.Wire.Batch });
        Get(group, "/batches", BatchEndpoints.ListAsync, new ApiOperation("Batches, the latest first", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.BatchList, Query = ["limit", "after"] });
        Get(group, "/batches/{id}", BatchEndpoints.GetAsync, new ApiOperation("A batch as it stands", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.Batch });
        Post(group, "/batches/{id}/cancel", BatchEndpoints.CancelAsync, new ApiOperation("Ends a batch with what it has", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.Batch });
        Post(group, "/moderations", Moderations.HandleAsync, new ApiOperation("Judges texts by the safety policy's Llama Guard", OpenAIErrors.Instance) { Request = OpenAIJson.Wire.ModerationRequest, Reply = OpenAIJson.Wire.ModerationReply });
        Post(group, "/tokenize", TokenEndpoints.TokenizeAsync, new ApiOperation("Tokens of a text or of messages", OpenAIErrors.Instance) { Request = OpenAIJson.Wire.TokenizeRequest, Reply = OpenAIJson.Wire.TokenizeReply });
        Post(group, "/detokenize", TokenEndpoints.DetokenizeAsync, new ApiOperation("Text of tokens", OpenAIErrors.Instance) { Request = OpenAIJson.Wire.DetokenizeRequest, Reply = OpenAIJson.Wire.DetokenizeReply });
        Get(group, "/models", ModelEndpoints.ListAsync, new ApiOperation("What is served, loaded or not", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.ModelList });
        Get(group, "/models/{**id}", ModelEndpoints.GetAsync, new ApiOperation("A model", OpenAIErrors.Instance) { Reply = OpenAIJson.Wire.ModelInfo });
        Unknown(group, OpenAIErrors.Instance);
        return group;
    }

    /// <summary>Anthropic's API: <c>messages</c> and <c>messages/count_tokens</c>. <c>models</c> is the OpenAI API's, which answers its clients, too.</summary>
    /// <inheritdoc cref="MapPunaOpenAI"/>
    public static RouteGroupBuilder MapPunaAnthropic(this IEndpointRouteBuilder endpoints, string prefix = "/v1")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        Post(group, "/messages", AnthropicMessages.HandleAsync, new ApiOperation("Answers a conversation, to Anthropic's clients", AnthropicErrors.Instance) { Request = AnthropicJson.Wire.MessagesRequest, Reply = AnthropicJson.Wire.MessageOut, Stream = Events });
        Post(group, "/messages/count_tokens", AnthropicMessages.CountAsync, new ApiOperation("Tokens of a request", AnthropicErrors.Instance) { Request = AnthropicJson.Wire.MessagesRequest, Reply = AnthropicJson.Wire.MessageTokens });
        return group;
    }

    /// <summary>Ollama's API: <c>chat</c>, <c>generate</c>, <c>embed</c>, <c>tags</c>, <c>ps</c>, <c>show</c> and <c>version</c>.</summary>
    /// <inheritdoc cref="MapPunaOpenAI"/>
    public static RouteGroupBuilder MapPunaOllama(this IEndpointRouteBuilder endpoints, string prefix = "/api")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        Post(group, "/chat", OllamaAnswers.ChatAsync, new ApiOperation("Answers a conversation, to Ollama's clients", OllamaErrors.Instance) { Request = OllamaJson.Wire.OllamaChatRequest, Reply = OllamaJson.Wire.OllamaChatReply, Stream = Lines });
        Post(group, "/generate", OllamaAnswers.GenerateAsync, new ApiOperation("Answers a prompt, to Ollama's clients", OllamaErrors.Instance) { Request = OllamaJson.Wire.OllamaGenerateRequest, Reply = OllamaJson.Wire.OllamaGenerateReply, Stream = Lines });
        Post(group, "/embed", OllamaEmbeddings.EmbedAsync, new ApiOperation("Texts as vectors, to Ollama's clients", OllamaErrors.Instance) { Request = OllamaJson.Wire.OllamaEmbedRequest, Reply = OllamaJson.Wire.OllamaEmbedReply });
        Post(group, "/embeddings", OllamaEmbeddings.EmbedOneAsync, new ApiOperation("A text as a vector, in the older form", OllamaErrors.Instance) { Request = OllamaJson.Wire.OllamaEmbeddingRequest, Reply = OllamaJson.Wire.OllamaEmbeddingReply });
        Post(group, "/show", OllamaModels.ShowAsync, new ApiOperation("What is known of a model", OllamaErrors.Instance) { Request = OllamaJson.Wire.OllamaShowRequest, Reply = OllamaJson.Wire.OllamaShowReply });
        Get(group, "/tags", OllamaModels.TagsAsync, new ApiOperation("What is served, loaded or not", OllamaErrors.Instance) { Reply = OllamaJson.Wire.OllamaModelList });
        Get(group, "/ps", OllamaModels.RunningAsync, new ApiOperation("What is loaded, and until when", OllamaErrors.Instance) { Reply = OllamaJson.Wire.OllamaModelList });
        Get(group, "/version", OllamaModels.VersionAsync, new ApiOperation("The version of Ollama whose API is followed", OllamaErrors.Instance) { Reply = OllamaJson.Wire.OllamaVersion });
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
        Get(group, "/metrics", HealthEndpoints.MetricsAsync, new ApiOperation("Measurements, for Prometheus", OpenAIErrors.Instance) { OtherReply = "text/plain" });
        return group;
    }

    /// <summary><c>/openapi.json</c>, which describes the endpoints of this class that are mapped, by OpenAPI 3.1. It asks for no key.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">Path that it is under.</param>
    public static RouteGroupBuilder MapPunaOpenApi(this IEndpointRouteBuilder endpoints, string prefix = "")
    {
        RouteGroupBuilder group = Group(endpoints, prefix);
        group.MapMethods("/openapi.json", HealthEndpoints.Methods, (RequestDelegate)new OpenApiEndpoint().WriteAsync);
        return group;
    }

    /// <summary>The chat page, at <c>/</c> and <c>/ui/</c>, and at <c>/docs</c> a page that shows the OpenAPI document. They are public; what the chat asks the server for is not.</summary>
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

    private static void Post(RouteGroupBuilder group, string pattern, Func<ApiCall, Task> handle, ApiOperation told) => group.MapPost(pattern, ApiRoute.Of(told.Errors, handle)).WithMetadata(told);

    private static void Get(RouteGroupBuilder group, string pattern, Func<ApiCall, Task> handle, ApiOperation told) => group.MapGet(pattern, ApiRoute.Of(told.Errors, handle)).WithMetadata(told);

    private static void Delete(RouteGroupBuilder group, string pattern, Func<ApiCall, Task> handle, ApiOperation told) => group.MapDelete(pattern, ApiRoute.Of(told.Errors, handle)).WithMetadata(told);

    private static void Unknown(RouteGroupBuilder group, IErrorShape errors) => group.Map("/{**path}", ApiRoute.Of(errors, UnknownEndpoint)).WithOrder(int.MaxValue);

    private static Task UnknownEndpoint(ApiCall call) =>
        throw new ApiException(new ApiError(404, "unknown_endpoint", $"{call.Http.Request.Method} {call.Http.Request.Path} is not an endpoint of this server; docs/api.md lists them."));
}
