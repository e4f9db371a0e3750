using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Puna.Server.Requests;

namespace Puna.Server.Access;

/// <summary>
/// Lets requests in by their keys. The file of keys is looked at again when it has changed, so that keys are added and
/// revoked while the server runs; while it cannot be read, the keys last read stay good, and the log says so.
/// </summary>
internal sealed partial class AccessControl(ApiKeyFile file, TimeProvider clock, ILogger<AccessControl> logger)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Dictionary<string, KeyAllowance> _allowances = [];
    private DateTime _written;
    private long? _lookedAt;
    private string? _toldOf; // why the file cannot be read, as the log says already

    /// <summary>The caller that a request's key stands for. The key is in <c>Authorization: Bearer</c> or in <c>x-api-key</c>.</summary>
    /// <exception cref="ApiException">There is no key, it is not good, or a limit of it is reached.</exception>
    internal Caller Admit(IHeaderDictionary headers)
    {
        string key = KeyIn(headers) ?? throw new ApiException(new ApiError(401, "missing_api_key", "This server asks for a key: send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'. Its operator makes keys with puna keys add."));
        KeyAllowance? allowance = ApiKeySecret.IdOf(key) is { } id ? Find(id) : null;
        if (allowance is null || allowance.Key.Revoked is not null || !ApiKeySecret.Matches(key, allowance.Key.Hash))
            throw new ApiException(new ApiError(401, "invalid_api_key", "This key is not good here: it is mistyped, revoked, or of another server."));

        allowance.Admit();
        return CallerOf(allowance);
    }

    /// <summary>The caller of a key whose request was let in earlier. It is held to the key's tokens and charged, and not counted again.</summary>
    /// <exception cref="ApiException">The key is not good any more, or has no tokens left.</exception>
    internal Caller Owner(string id)
    {
        if (Find(id) is not { Key.Revoked: null } allowance) throw new ApiException(new ApiError(401, "invalid_api_key", "The key that sent this is not good any more."));
        allowance.AdmitTokens();
        return CallerOf(allowance);
    }

    private static Caller CallerOf(KeyAllowance allowance) => new(allowance.Key.Id, allowance.Key.Name, allowance.Charge);

    private static string? KeyIn(IHeaderDictionary headers)
    {
        const string Bearer = "Bearer ";
        string authorization = headers.Authorization.ToString();
        if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return authorization[Bearer.Length..].Trim();
        return headers["x-api-key"].ToString() is { Length: > 0 } key ? key : null;
    }

    private KeyAllowance? Find(string id)
    {
        lock (_lock)
        {
            if (_lookedAt is not { } looked || clock.GetElapsedTime(looked) >= LookEvery) Look();
            return _allowances.GetValueOrDefault(id);
        }
    }

    private void Look()
    {
        _lookedAt = clock.GetTimestamp();
        try
        {
            DateTime written = File.GetLastWriteTimeUtc(file.Path); // a time long ago where there is no file
            if (written == _written) return;

            Dictionary<string, KeyAllowance> next = [];
            foreach (ApiKey key in file.Read())
                next[key.Id] = _allowances.TryGetValue(key.Id, out KeyAllowance? known) && known.Key == key ? known : new KeyAllowance(key, clock);
            (_allowances, _written, _toldOf) = (next, written, null);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // Half-written or unreadable: to be looked at again in a second.
            if (error.Message == _toldOf) return;

            _toldOf = error.Message;
            LogUnreadable(logger, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The file of keys cannot be read, and the keys read before stay as they were: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string reason);
}
