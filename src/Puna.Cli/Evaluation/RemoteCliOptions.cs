using System.CommandLine;
using Puna.Cli.Usage;
using Puna.Evaluation.Models;
using Puna.Evaluation.Remote;

namespace Puna.Cli.Evaluation;

/// <summary>Options for a model behind an endpoint.</summary>
internal sealed class RemoteCliOptions
{
    private static readonly Dictionary<string, RemoteApi> Apis = new() { ["openai"] = RemoteApi.OpenAIChat, ["completions"] = RemoteApi.OpenAICompletions, ["anthropic"] = RemoteApi.Anthropic };

    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "Address of an endpoint to ask instead of a model here, with its version: http://localhost:8080/v1" };
    private readonly Option<string> _api = new("--api") { Description = "What the endpoint speaks; completions can score given texts where it offers echo", DefaultValueFactory = _ => "openai" };
    private readonly Option<string?> _name = new("--remote-model") { Description = "The model's name at the endpoint" };
    private readonly Option<string?> _keyVariable = new("--api-key-env") { Description = "Environment variable that holds the key (default: OPENAI_API_KEY or ANTHROPIC_API_KEY, where set)" };
    private readonly Option<int> _concurrency = new("--concurrency") { Description = "Requests on their way at the same time", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _timeout = new("--timeout") { Description = "Seconds to wait for an answer", DefaultValueFactory = _ => 300 };
    private readonly Option<int> _attempts = new("--attempts") { Description = "Times to try a request", DefaultValueFactory = _ => 6 };
    private readonly Option<bool> _topLogprobs = new("--top-logprobs") { Description = "Score letters by the 20 likeliest first tokens of a chat endpoint; shows in the score's name" };
    private readonly Option<decimal> _priceIn = new("--price-in") { Description = "Price of a million prompt tokens (default: 0)" };
    private readonly Option<decimal> _priceOut = new("--price-out") { Description = "Price of a million written tokens (default: 0)" };

    internal RemoteCliOptions(Command command)
    {
        _api.AcceptOnlyFromAmong([.. Apis.Keys]);
        foreach (Option option in (Option[])[_endpoint, _api, _name, _keyVariable, _concurrency, _timeout, _attempts, _topLogprobs, _priceIn, _priceOut]) command.Add(option);
    }

    /// <summary>The endpoint, or null where none is given.</summary>
    /// <exception cref="UsageException">An option is missing or out of range.</exception>
    internal RemoteOptions? Read(ParseResult parsed, ModelVariant? variant)
    {
        if (parsed.GetValue(_endpoint) is not { } endpoint) return null;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https")) throw new UsageException($"--endpoint {endpoint}: not an address such as http://localhost:8080/v1.");
        if (url is { UserInfo.Length: > 0 } or { Query.Length: > 0 } or { Fragment.Length: > 0 }) throw new UsageException("--endpoint: scheme, host, port and path only, since the address is stored with the results; the key is read from the environment.");
        parsed.RequireAtLeast(1, _concurrency, _timeout, _attempts);
        parsed.RequireAtLeast(0, _priceIn, _priceOut);

        RemoteApi api = Apis[parsed.GetValue(_api)!];
        string variable = parsed.GetValue(_keyVariable) ?? (api == RemoteApi.Anthropic ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY");
        string? key = Environment.GetEnvironmentVariable(variable);
        if (key is null && parsed.GetValue(_keyVariable) is not null) throw new UsageException($"--api-key-env {variable}: the variable is not set.");

        return new RemoteOptions
        {
            BaseUrl = url,
            Api = api,
            Model = parsed.GetValue(_name) ?? throw new UsageException("--endpoint needs --remote-model, the model's name there."),
            Variant = variant ?? throw new UsageException("--endpoint needs --variant: an endpoint does not tell whether its model is base, instruct or chat-tuned."),
            ApiKey = key,
            Concurrency = parsed.GetValue(_concurrency),
            Timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
            Attempts = parsed.GetValue(_attempts),
            TopLogprobs = parsed.GetValue(_topLogprobs),
            PricePerMillionIn = parsed.GetValue(_priceIn),
            PricePerMillionOut = parsed.GetValue(_priceOut),
        };
    }
}
