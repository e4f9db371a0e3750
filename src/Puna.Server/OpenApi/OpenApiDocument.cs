using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Puna.Server.OpenApi;

/// <summary>
/// Describes the endpoints that are mapped, by OpenAPI 3.1. Schemas are exported from the very types that requests are read into
/// and answers written from, so that they cannot tell of other fields than these.
/// </summary>
internal sealed partial class OpenApiDocument
{
    private const string SchemaPath = "#/components/schemas/";

    private static readonly JsonSchemaExporterOptions Exporting = new() { TreatNullObliviousAsNonNullable = true };

    private readonly JsonObject _schemas = [];
    private readonly JsonObject _paths = [];

    /// <summary>The document of all endpoints that carry an <see cref="ApiOperation"/>.</summary>
    internal static JsonObject Of(IEnumerable<Endpoint> endpoints)
    {
        OpenApiDocument document = new();
        foreach (RouteEndpoint endpoint in endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<ApiOperation>() is { } operation) document.Add(endpoint, operation);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Puna",
                ["version"] = typeof(OpenApiDocument).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0",
                ["description"] = "Language models of the Llama family behind the OpenAI API, Anthropic's and Ollama's. Fields that are not listed are refused by name, unless docs/api.md says that they are ignored.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["paths"] = document._paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = document._schemas,
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "A key of puna keys, where the server asks for one." },
                    ["header"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "x-api-key", ["description"] = "The same key, as Anthropic's clients send it." },
                },
            },
            ["security"] = new JsonArray(new JsonObject(), new JsonObject { ["bearer"] = new JsonArray() }, new JsonObject { ["header"] = new JsonArray() }),
        };
    }

    private void Add(RouteEndpoint endpoint, ApiOperation operation)
    {
        string path = "/" + RestOfPath().Replace(endpoint.RoutePattern.RawText ?? "", "{").TrimStart('/');
        if (_paths[path] is not JsonObject item) _paths[path] = item = [];
        foreach (string method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
            item[method.ToLowerInvariant()] = Describe(endpoint, operation, $"{method.ToLowerInvariant()}{NoLetters().Replace(path, "_")}".TrimEnd('_'));
    }

    private JsonObject Describe(RouteEndpoint endpoint, ApiOperation operation, string id)
    {
        JsonObject described = new() { ["operationId"] = id, ["summary"] = operation.Summary };
        JsonArray parameters =
        [
            .. endpoint.RoutePattern.Parameters.Select(p => (JsonNode)Parameter(p.Name, "path")),
            .. operation.Query.Select(name => (JsonNode)Parameter(name, "query")),
        ];
        if (parameters.Count > 0) described["parameters"] = parameters;
        if (operation.TakesFile) described["requestBody"] = Body("multipart/form-data", Form());
        else if (operation.Request is { } request) described["requestBody"] = Body("application/json", Reference(request));

        JsonObject content = [];
        if (operation.Reply is { } reply) content["application/json"] = new JsonObject { ["schema"] = Reference(reply) };
        foreach (string media in ((string?[])[operation.Stream, operation.OtherReply]).OfType<string>()) content[media] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } };
        described["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = operation.Stream is null ? "The answer" : $"The answer; as {operation.Stream} where the request asks for a stream", ["content"] = content },
            ["default"] = new JsonObject { ["description"] = "An error", ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = Reference(operation.Errors.Type) } } },
        };
        return described;
    }

    private static JsonObject Parameter(string name, string place) =>
        new() { ["name"] = name, ["in"] = place, ["required"] = place == "path", ["schema"] = new JsonObject { ["type"] = "string" } };

    private static JsonObject Body(string media, JsonObject schema) =>
        new() { ["required"] = true, ["content"] = new JsonObject { [media] = new JsonObject { ["schema"] = schema } } };

    private static JsonObject Form() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["file"] = new JsonObject { ["type"] = "string", ["contentMediaType"] = "application/octet-stream" },
            ["purpose"] = new JsonObject { ["const"] = "batch" },
        },
        ["required"] = new JsonArray("file", "purpose"),
    };

    /// <summary>A reference to a type's schema, which is put among the components.</summary>
    private JsonObject Reference(JsonTypeInfo type)
    {
        string name = type.Type.Name;
        if (!_schemas.ContainsKey(name))
        {
            JsonNode schema = type.GetJsonSchemaAsNode(Exporting);
            Rebase(schema, name);
            _schemas[name] = schema;
        }

        return new JsonObject { ["$ref"] = SchemaPath + name };
    }

    /// <summary>References within a schema are relative to its beginning, which is not the document's.</summary>
    private static void Rebase(JsonNode? node, string name)
    {
        if (node is JsonArray list)
        {
            foreach (JsonNode? item in list) Rebase(item, name);
        }
        else if (node is JsonObject schema)
        {
            if (schema["$ref"] is JsonValue reference) schema["$ref"] = SchemaPath + name + reference.GetValue<string>()[1..];
            foreach ((_, JsonNode? value) in schema) Rebase(value, name);
        }
    }

    [GeneratedRegex(@"\{\*+")]
    private static partial Regex RestOfPath();

    [GeneratedRegex("[^A-Za-z0-9]+")]
    private static partial Regex NoLetters();
}
