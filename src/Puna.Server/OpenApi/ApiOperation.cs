using System.Text.Json.Serialization.Metadata;
using Puna.Server.Requests;

namespace Puna.Server.OpenApi;

/// <summary>What the OpenAPI document tells of an endpoint, in its metadata.</summary>
/// <param name="Summary">What it does.</param>
/// <param name="Errors">How it words errors.</param>
internal sealed record ApiOperation(string Summary, IErrorShape Errors)
{
    /// <summary>The request's body; null where it has none that is JSON.</summary>
    internal JsonTypeInfo? Request { get; init; }

    /// <summary>The answer; null where it is no JSON.</summary>
    internal JsonTypeInfo? Reply { get; init; }

    /// <summary>Media type of a stream that a request may ask for, or null.</summary>
    internal string? Stream { get; init; }

    /// <summary>Media type of an answer that is no JSON.</summary>
    internal string? OtherReply { get; init; }

    /// <summary>The request is a form with a file.</summary>
    internal bool TakesFile { get; init; }

    /// <summary>Names of parameters after the question mark.</summary>
    internal IReadOnlyList<string> Query { get; init; } = [];
}
