namespace Puna.Server.Access;

/// <summary>A key as its file holds it: enough to recognise the key, not to use it.</summary>
public sealed record ApiKey
{
    /// <summary>Public part, by which the key is listed and revoked.</summary>
    public required string Id { get; init; }

    /// <summary>What the operator calls it.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the whole key, hexadecimal. The secret part is 256 random bits, so that no slower hash is needed.</summary>
    public required string Hash { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was revoked; null while it is good.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>Requests that it may begin in a minute; null for no limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Tokens, of prompts and answers, in a minute; null for no limit.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Tokens, of prompts and answers, in a day (UTC); null for no limit.</summary>
    public long? TokensPerDay { get; init; }
}
