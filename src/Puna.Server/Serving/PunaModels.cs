using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Puna.Server.Requests;

namespace Puna.Server.Serving;

/// <summary>
/// The models of a server. Those on demand are loaded when a request names them, and unloaded when none has for a time or
/// another needs their room. One comes or goes at a time, in the order of the requests; loaded ones answer meanwhile.
/// </summary>
public sealed partial class PunaModels : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _coming = new(1);
    private readonly List<ServedModel> _all = [];
    private readonly PunaServerOptions _options;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _clock;
    private bool _isEnding;

    public PunaModels(IOptions<PunaServerOptions> options, IServiceProvider services, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        (_options, _services, _clock) = (options.Value, services, clock);
        _options.Check();
        if (_options.Models.Count == 0)
            throw new InvalidOperationException($"There is no model to serve: name one with {nameof(PunaServerOptions)}.{nameof(PunaServerOptions.AddModel)}.");

        try
        {
            foreach (ModelEntry entry in _options.Models) Add(entry);
            if (_all.Count == 0) throw new InvalidOperationException("There is no model to serve: none of the files named can be run.");
            CheckBudget();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>All models, in the order they were named.</summary>
    public IReadOnlyList<ServedModel> All => _all;

    /// <summary>The first one, which answers requests that name none.</summary>
    public ServedModel Default => _all[0];

    /// <summary>Sequences that all loaded models compute or have in line.</summary>
    public int OpenSequences => Loaded().Sum(l => l.Model.Engine.Status.Running + l.Model.Engine.Status.Waiting);

    /// <summary>The model of a name, or null.</summary>
    public ServedModel? Find(string name) => _all.Find(m => m.IsCalled(name));

    /// <summary>Ends the engines and unloads the models that this loaded.</summary>
    public void Dispose()
    {
        lock (_lock) _isEnding = true;
        foreach (ServedModel served in _all)
        {
            served.Timer?.Dispose();
            Unload(served);
        }
    }

    /// <summary>Those that are loaded now.</summary>
    internal IReadOnlyList<LoadedModel> Loaded()
    {
        lock (_lock) return [.. _all.Select(m => m.Loaded).OfType<LoadedModel>()];
    }

    /// <summary>When an idle model goes; null where it does not by itself.</summary>
    internal DateTimeOffset? ExpiresAt(ServedModel served)
    {
        lock (_lock) return served.IsPinned || served.KeepAlive is not { } time ? null : (served.Users > 0 ? _clock.GetUtcNow() : served.IdleSince) + time;
    }

    /// <summary>Uses a model, and loads it where it is not.</summary>
    /// <exception cref="ApiException">It cannot be loaded.</exception>
    /// <exception cref="ObjectDisposedException">The server ends.</exception>
    internal async Task<ModelUse> UseAsync(ServedModel served, CancellationToken cancellation)
    {
        if (TryUse(served) is { } at) return at;

        await _coming.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (TryUse(served) is { } late) return late;

            await MakeRoomAsync(served, cancellation).ConfigureAwait(false);
            LoadedModel loaded = await Task.Run(() => Load(served), CancellationToken.None).ConfigureAwait(false); // who waits next may want it, too
            lock (_lock)
            {
                served.Loaded = loaded;
                served.KeepAlive = served.Entry.OnDemand ? _options.UnloadIdleAfter : null;
            }

            if (!_isEnding) return TryUse(served)!;

            Unload(served);
            throw new ObjectDisposedException(nameof(PunaModels));
        }
        finally
        {
            _coming.Release();
        }
    }

    /// <summary>The first model, loaded from now on as long as the server runs: for what uses it outside of requests.</summary>
    internal LoadedModel Pin()
    {
        ModelUse use = UseAsync(Default, CancellationToken.None).GetAwaiter().GetResult(); // an application's own services ask for it while they are made
        lock (_lock) Default.IsPinned = true;
        return use.Model;
    }

    /// <summary>Says how long a model stays loaded after the last request; with no time at all it goes as soon as no request uses it.</summary>
    /// <param name="served">The model.</param>
    /// <param name="time">How long, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    internal void Keep(ServedModel served, TimeSpan time)
    {
        lock (_lock)
        {
            if (served.Loaded is null) return;

            served.KeepAlive = time == Timeout.InfiniteTimeSpan ? null : time;
            if (served.Users > 0) return;

            served.IdleSince = _clock.GetUtcNow();
            Watch(served);
        }
    }

    /// <summary>A request no longer uses a model.</summary>
    internal void Leave(ServedModel served)
    {
        lock (_lock)
        {
            if (--served.Users > 0) return;

            served.IdleSince = _clock.GetUtcNow();
            served.LastLeft?.TrySetResult();
            Watch(served);
        }
    }

    /// <summary>No model is loaded any more; lets those of this server end what they compute.</summary>
    internal Task EndAsync(CancellationToken cancellation)
    {
        lock (_lock) _isEnding = true;
        return Task.WhenAll(_all.Where(m => m.Entry.OwnsModel).Select(m => m.Loaded).OfType<LoadedModel>().Select(l => l.Model.Engine.DrainAsync(cancellation)));
    }

    private ModelUse? TryUse(ServedModel served)
    {
        lock (_lock)
        {
            if (served.Loaded is not { } loaded || served.IsClosing)
            {
                ObjectDisposedException.ThrowIf(_isEnding, this);
                return null;
            }

            served.Users++;
            return new ModelUse(this, served, loaded);
        }
    }

    private void Add(ModelEntry entry)
    {
        PunaModel model;
        try
        {
            model = entry.Load();
        }
        catch (Exception error) when (entry.IsOptional)
        {
            if (_services.GetService<ILoggerFactory>() is { } loggers) LogLeftOut(loggers.CreateLogger<PunaModels>(), error.Message);
            return;
        }

        bool stays = false;
        try
        {
            ServedModel served = new(entry, ModelCard.Of(model));
            foreach (string name in (string[])[served.Id, .. served.Aliases])
            {
                if (Find(name) is { } other)
                    throw new InvalidOperationException($"Two models would be called '{name}': {other.Path} and {served.Path}. Give one of them another id.");
            }

            stays = !entry.OnDemand;
            if (stays) served.Loaded = Wrap(served, model);
            if (entry.OwnsModel) served.Timer = _clock.CreateTimer(_ => _ = ExpireAsync(served), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _all.Add(served);
        }
        finally
        {
            if (!stays && entry.OwnsModel) model.Dispose();
        }
    }

    private LoadedModel Load(ServedModel served)
    {
        try
        {
            return Wrap(served, served.Entry.Load());
        }
        catch (Exception error)
        {
            throw new ModelLoadException(served.Id, error);
        }
    }

    private LoadedModel Wrap(ServedModel served, PunaModel model)
    {
        PunaChatClient client = model.AsChatClient();
        served.IdleSince = _clock.GetUtcNow();
        return new LoadedModel(served, client, _options.ChatPipeline?.Invoke(_services, client) ?? client, _clock.GetUtcNow());
    }

    /// <summary>Refuses a budget that a model could never fit into, or that what is loaded exceeds.</summary>
    private void CheckBudget()
    {
        if (_options.MemoryBudget is not { } budget) return;

        long loaded = Loaded().Sum(l => l.Model.WeightBytes), fixedBytes = _all.Where(m => !m.Entry.OwnsModel).Sum(m => m.WeightBytes);
        if (loaded > budget) throw new InvalidOperationException($"The models to load at the start have {loaded} bytes of weights together; the memory budget is {budget}. Raise it, or load fewer.");
        if (_all.Find(m => m.Entry.OnDemand && m.WeightBytes + fixedBytes > budget) is { } large)
            throw new InvalidOperationException($"{large.Path} has {large.WeightBytes} bytes of weights; the memory budget of {budget} leaves {budget - fixedBytes} to it. Raise it, or leave the model out.");
    }

    /// <summary>Unloads models until another fits: idle ones first, of them those longest unused.</summary>
    private async Task MakeRoomAsync(ServedModel coming, CancellationToken cancellation)
    {
        if (_options.MemoryBudget is not { } budget) return;

        while (Loaded() is var loaded && loaded.Sum(l => l.Model.WeightBytes + l.Model.Engine.Status.KvBytesAllocated) + coming.WeightBytes > budget)
        {
            ServedModel? going;
            lock (_lock) going = _all.Where(m => m.Loaded is not null && m.Entry.OwnsModel && !m.IsPinned).OrderBy(m => m.Users > 0).ThenBy(m => m.IdleSince).FirstOrDefault();
            if (going is null)
                throw new ApiException(new ApiError(503, "no_room", $"The model '{coming.Id}' does not fit into the memory budget beside those that stay loaded. Its operator can raise the budget.", "model"));
            await CloseAsync(going, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Lets no further request use a model, waits for those that do, and unloads it.</summary>
    private async Task CloseAsync(ServedModel served, CancellationToken cancellation)
    {
        Task left = Task.CompletedTask;
        lock (_lock)
        {
            served.IsClosing = true;
            if (served.Users > 0) left = (served.LastLeft = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        try
        {
            await left.WaitAsync(cancellation).ConfigureAwait(false);
            Unload(served);
        }
        finally
        {
            lock (_lock) (served.IsClosing, served.LastLeft) = (false, null);
        }
    }

    private void Unload(ServedModel served)
    {
        LoadedModel? loaded;
        lock (_lock) (loaded, served.Loaded) = (served.Loaded, null);
        if (loaded is null) return;

        loaded.ChatClient.Dispose();
        if (served.Entry.OwnsModel) loaded.Model.Dispose();
    }

    /// <summary>Sets the time at which an idle model is looked at again.</summary>
    private void Watch(ServedModel served)
    {
        if (_isEnding || served.Loaded is null) return;
        served.Timer?.Change(served.KeepAlive is { } time && time < PunaServerOptions.LongestTimer ? time : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Unloads a model whose time is over.</summary>
    private async Task ExpireAsync(ServedModel served)
    {
        await _coming.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_lock)
            {
                if (_isEnding || served.Users > 0 || served.IsPinned || served.KeepAlive is not { } time) return;

                TimeSpan left = served.IdleSince + time - _clock.GetUtcNow();
                if (left > TimeSpan.Zero)
                {
                    // Timers count by another clock than the calendar's and may come before it; whoever came too early looks again.
                    served.Timer?.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                    return;
                }

                served.IsClosing = true;
            }

            await CloseAsync(served, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _coming.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A file is not served: {Reason}")]
    private static partial void LogLeftOut(ILogger logger, string reason);
}
