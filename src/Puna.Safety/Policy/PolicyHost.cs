namespace Puna.Safety.Policy;

/// <summary>
/// A policy file in force. When the file changes the new policy takes over between two decisions; a bad one changes nothing
/// but is told of. Models that both name stay loaded.
/// </summary>
public sealed class PolicyHost : IDisposable
{
    private readonly ModelPool _pool = new();
    private readonly Lock _lock = new();
    private readonly Timer? _watch;
    private readonly string _path = "";
    private (DateTime Written, long Length) _seen;
    private InUse _current;
    private bool _reloading, _disposed;

    /// <summary>Loads a policy and keeps it up to date.</summary>
    /// <param name="path">The file.</param>
    /// <param name="watchEvery">Time between two looks at the file; null for a second.</param>
    /// <exception cref="PolicyException">The policy cannot be used.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public PolicyHost(string path, TimeSpan? watchEvery = null)
    {
        _path = Path.GetFullPath(path);
        _seen = Stamp();
        _current = new InUse(SafetyPolicy.Load(_path, _pool));
        TimeSpan every = watchEvery ?? TimeSpan.FromSeconds(1);
        _watch = new Timer(_ => LookAgain(), null, every, every);
    }

    /// <summary>Holds a policy that does not change, and owns it.</summary>
    public PolicyHost(SafetyPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _current = new InUse(policy);
    }

    /// <summary>Told of a policy that took over. What a listener throws is told to <see cref="ReloadFailed"/>.</summary>
    public event Action<SafetyPolicy>? Reloaded;

    /// <summary>Told of a changed file that cannot be used; the policy before it stays. What a listener throws is lost.</summary>
    public event Action<Exception>? ReloadFailed;

    /// <summary>The policy in force, for as long as the lease is held.</summary>
    public PolicyLease Acquire()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _current.Users++;
            return new PolicyLease(this, _current);
        }
    }

    /// <summary>Ends the watch, and the policy when its last lease ends.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
        }

        _watch?.Dispose();
        Release(_current);
    }

    internal void Release(InUse policy)
    {
        lock (_lock)
        {
            if (--policy.Users > 0) return;
        }

        policy.Policy.Dispose();
    }

    /// <summary>A look of the timer's thread, where an exception would end the process.</summary>
    private void LookAgain()
    {
        try
        {
            Look();
        }
        catch (Exception error)
        {
            try
            {
                ReloadFailed?.Invoke(error);
            }
            catch (Exception)
            {
                // The one to tell is the one that failed: the watch goes on.
            }
        }
    }

    /// <summary>Loads the file again where it changed; two looks at once are one.</summary>
    internal void Look()
    {
        lock (_lock)
        {
            if (_reloading || _disposed) return;
            _reloading = true;
        }

        try
        {
            (DateTime, long) stamp = Stamp();
            if (stamp == _seen) return;
            _seen = stamp;
            Replace(SafetyPolicy.Load(_path, _pool));
        }
        catch (Exception error) when (error is PolicyException or IOException or UnauthorizedAccessException)
        {
            ReloadFailed?.Invoke(error);
        }
        finally
        {
            lock (_lock) _reloading = false;
        }
    }

    private void Replace(SafetyPolicy policy)
    {
        InUse old;
        lock (_lock)
        {
            if (_disposed)
            {
                policy.Dispose();
                return;
            }

            old = _current;
            _current = new InUse(policy);
        }

        Release(old);
        Reloaded?.Invoke(policy);
    }

    private (DateTime Written, long Length) Stamp()
    {
        FileInfo file = new(_path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    /// <summary>A policy and who uses it, the host itself counted.</summary>
    internal sealed class InUse(SafetyPolicy policy)
    {
        internal SafetyPolicy Policy { get; } = policy;

        internal int Users { get; set; } = 1;
    }
}

/// <summary>A policy that stays in memory until this is disposed.</summary>
public sealed class PolicyLease : IDisposable
{
    private readonly PolicyHost _host;
    private PolicyHost.InUse? _inUse;

    internal PolicyLease(PolicyHost host, PolicyHost.InUse inUse)
    {
        _host = host;
        _inUse = inUse;
        Policy = inUse.Policy;
    }

    /// <summary>The policy.</summary>
    public SafetyPolicy Policy { get; }

    /// <summary>Ends the use.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _inUse, null) is { } inUse) _host.Release(inUse);
    }
}
