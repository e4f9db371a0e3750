using System.Text.Json.Nodes;

namespace Puna.Evaluation.Remote;

/// <summary>What an endpoint was asked and what that costs. Safe for concurrent callers.</summary>
public sealed class RemoteUsage
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _models = new(StringComparer.Ordinal);

    /// <summary>Requests sent, repeated ones too.</summary>
    public int Requests { get; private set; }

    /// <summary>Requests that were sent again.</summary>
    public int Retries { get; private set; }

    /// <summary>Prompt tokens, as the endpoint counts them.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>Written tokens, as the endpoint counts them.</summary>
    public long CompletionTokens { get; private set; }

    /// <summary>Faults by kind: a status, "timeout", "connection", "malformed".</summary>
    public IReadOnlyDictionary<string, int> Faults
    {
        get
        {
            lock (_lock) return new Dictionary<string, int>(_faults);
        }
    }

    /// <summary>Price of the tokens.</summary>
    public decimal Cost(RemoteOptions options) => ((PromptTokens * options.PricePerMillionIn) + (CompletionTokens * options.PricePerMillionOut)) / 1_000_000m;

    /// <summary>The account as JSON, for a manifest.</summary>
    public JsonObject Describe(RemoteOptions options)
    {
        lock (_lock)
        {
            JsonObject faults = [];
            foreach ((string kind, int count) in _faults) faults.Add(kind, count);
            return new JsonObject
            {
                ["requests"] = Requests,
                ["retries"] = Retries,
                ["faults"] = faults,
                ["prompt_tokens"] = PromptTokens,
                ["completion_tokens"] = CompletionTokens,
                ["cost"] = Cost(options),
                ["models_returned"] = new JsonArray([.. _models.Select(model => (JsonNode?)JsonValue.Create(model))]),
            };
        }
    }

    internal void Sent(bool again)
    {
        lock (_lock)
        {
            Requests++;
            if (again) Retries++;
        }
    }

    internal void Failed(string kind)
    {
        lock (_lock) _faults[kind] = _faults.GetValueOrDefault(kind) + 1;
    }

    internal void Answered(int promptTokens, int completionTokens, string? model)
    {
        lock (_lock)
        {
            PromptTokens += promptTokens;
            CompletionTokens += completionTokens;
            if (model is not null) _models.Add(model);
        }
    }
}
