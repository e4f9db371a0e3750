using Puna.Evaluation.Models;

namespace Puna.Evaluation.Remote;

/// <summary>The interface that an endpoint offers.</summary>
public enum RemoteApi
{
    /// <summary>OpenAI's chat completions, <c>POST chat/completions</c>.</summary>
    OpenAIChat,

    /// <summary>OpenAI's text completions, <c>POST completions</c>; with <c>echo</c> they tell the probability of given texts.</summary>
    OpenAICompletions,

    /// <summary>Anthropic's messages, <c>POST messages</c>.</summary>
    Anthropic,
}

/// <summary>A model behind an endpoint, and how hard it is asked.</summary>
public sealed record RemoteOptions
{
    /// <summary>Address up to and with the version, such as <c>http://localhost:8080/v1</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>The interface.</summary>
    public RemoteApi Api { get; init; }

    /// <summary>The model's name at the endpoint.</summary>
    public required string Model { get; init; }

    /// <summary>What the model was trained to do; endpoints do not tell.</summary>
    public required ModelVariant Variant { get; init; }

    /// <summary>Key, or null for none. It is sent and never stored.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Requests on their way at the same time.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Times that a request is tried before it counts as an error.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>Longest wait for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Wait before the second try; doubled for every further one, with jitter, up to a minute. An endpoint's Retry-After is kept to.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Score single-token choices of chat endpoints by the 20 most likely first tokens: a poor man's log-likelihood, whose scores
    /// carry it in their name.
    /// </summary>
    public bool TopLogprobs { get; init; }

    /// <summary>Price of a million prompt tokens, in whatever currency.</summary>
    public decimal PricePerMillionIn { get; init; }

    /// <summary>Price of a million written tokens.</summary>
    public decimal PricePerMillionOut { get; init; }
}
