using Puna.Server.Requests;

namespace Puna.Server.Access;

/// <summary>
/// What is left of a key's limits, in memory: it begins anew when the server starts. Tokens are charged when a request ends,
/// however it ends: those under way at once may pass a limit together, and the next one waits.
/// </summary>
internal sealed class KeyAllowance(ApiKey key, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly TokenBucket? _requests = key.RequestsPerMinute is { } requests ? new TokenBucket(requests, clock) : null;
    private readonly TokenBucket? _tokens = key.TokensPerMinute is { } tokens ? new TokenBucket(tokens, clock) : null;
    private DateOnly _day;
    private long _usedToday;

    /// <summary>The key whose limits these are, as of the file's last reading.</summary>
    internal ApiKey Key => key;

    /// <summary>Lets a request in, and counts it.</summary>
    /// <exception cref="ApiException">A limit is reached; says which and when to come again.</exception>
    internal void Admit()
    {
        lock (_lock)
        {
            AdmitTokens();
            if (_requests?.WaitFor(1) is { Ticks: > 0 } forRequests) throw Exceeded($"{key.RequestsPerMinute} requests a minute", "request_rate_exceeded", forRequests);
            _requests?.Take(1);
        }
    }

    /// <summary>Lets in work of a request that was counted before.</summary>
    /// <exception cref="ApiException">A limit of tokens is reached; says which and when to come again.</exception>
    internal void AdmitTokens()
    {
        lock (_lock)
        {
            if (key.TokensPerDay is { } perDay && Today() >= perDay) throw Exceeded($"{perDay} tokens a day", "token_quota_exceeded", UntilTomorrow());
            if (_tokens?.WaitFor(1) is { Ticks: > 0 } forTokens) throw Exceeded($"{key.TokensPerMinute} tokens a minute", "token_rate_exceeded", forTokens);
        }
    }

    internal void Charge(long tokens)
    {
        lock (_lock)
        {
            _tokens?.Take(tokens);
            Today();
            _usedToday += tokens;
        }
    }

    private long Today()
    {
        DateOnly today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        if (today != _day) (_day, _usedToday) = (today, 0);
        return _usedToday;
    }

    private TimeSpan UntilTomorrow()
    {
        DateTimeOffset now = clock.GetUtcNow();
        return now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime;
    }

    private ApiException Exceeded(string limit, string code, TimeSpan wait) =>
        new(new ApiError(429, code, $"The key '{key.Name}' is limited to {limit}. Try again in {(long)Math.Ceiling(wait.TotalSeconds)} s.", RetryAfter: wait));
}
