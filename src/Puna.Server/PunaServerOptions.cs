using System.Globalization;
using Microsoft.Extensions.AI;
using Puna.Safety.Streams;
using Puna.Server.Serving;

namespace Puna.Server;

/// <summary>What a server serves, and within which bounds.</summary>
public sealed class PunaServerOptions
{
    /// <summary>The longest that a timer of .NET counts, rounded down.</summary>
    internal static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    internal List<ModelEntry> Models { get; } = [];

    /// <summary>Most bytes of a request's body; more is answered with 413.</summary>
    public long MaxBodyBytes { get; set; } = 32L << 20;

    /// <summary>Longest time from a request's arrival to the end of its answer, waiting in line included; null for no limit.</summary>
    public TimeSpan? RequestTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Requests of a model that may wait in line; more are answered with 503.</summary>
    public int MaxWaiting { get; set; } = 256;

    /// <summary>Most answers that one request may ask for (<c>n</c>, times the prompts of a completion request).</summary>
    public int MaxChoices { get; set; } = 16;

    /// <summary>How long models on demand stay loaded after the last request that used them, unless a request says otherwise; null for as long as the server runs.</summary>
    public TimeSpan? UnloadIdleAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Most bytes of the weights and caches of loaded models together; null for no limit. Where the next one does not fit,
    /// others are unloaded, idle ones first; requests wait for those that are not. A cache may grow beyond it while no model comes
    /// (<see cref="PunaModelOptions.KvMemoryLimit"/> bounds it).
    /// </summary>
    public long? MemoryBudget { get; set; }

    /// <summary>
    /// Web origins, such as <c>https://example.org</c>, whose pages may call the server. Requests that a browser sends for a
    /// page of any other origin but the server's own are refused.
    /// </summary>
    public ISet<string> AllowedOrigins { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Judges the messages and the answers of every generation endpoint; null for no policy. The application's to dispose.</summary>
    public SafetyGuard? Safety { get; set; }

    /// <summary>Puts middleware (guards, logging) around every model's chat client; null for none. Not applied to raw completions.</summary>
    public Func<IServiceProvider, IChatClient, IChatClient>? ChatPipeline { get; set; }

    /// <summary>Serves the model of a file, loaded when the host starts.</summary>
    /// <param name="path">A GGUF file (any part of a split) or a safetensors directory.</param>
    /// <param name="options">How to load it, or null for the defaults.</param>
    /// <param name="id">Name that requests use; null for the file's name without its extension.</param>
    /// <param name="aliases">Further names.</param>
    public PunaServerOptions AddModel(string path, PunaModelOptions? options = null, string? id = null, params IEnumerable<string> aliases)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Models.Add(new ModelEntry(() => PunaModel.Load(path, options), OwnsModel: true, OnDemand: false, IsOptional: false, id, [.. aliases]));
        return this;
    }

    /// <summary>Serves the model of a file, which is looked at when the host starts, and loaded when a request names it.</summary>
    /// <inheritdoc cref="AddModel(string, PunaModelOptions?, string?, IEnumerable{string})"/>
    public PunaServerOptions AddModelOnDemand(string path, PunaModelOptions? options = null, string? id = null, params IEnumerable<string> aliases)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Models.Add(new ModelEntry(() => PunaModel.Load(path, options), OwnsModel: true, OnDemand: true, IsOptional: false, id, [.. aliases]));
        return this;
    }

    /// <summary>Serves every model of a folder on demand, each by its file's name. Files that cannot be run are left out, with a warning in the log.</summary>
    /// <param name="folder">Folder of GGUF files and safetensors directories; what is deeper is not looked at.</param>
    /// <param name="options">How to load them, or null for the defaults.</param>
    /// <exception cref="IOException">There is no such folder, it cannot be read, or there is no model in it.</exception>
    public PunaServerOptions AddModelFolder(string folder, PunaModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        IReadOnlyList<string> paths = ModelFolder.Models(folder);
        if (paths.Count == 0) throw new FileNotFoundException($"{folder}: there is no model in this folder: no GGUF file, and no directory of safetensors with its config.json.", folder);
        Models.AddRange(paths.Select(path => new ModelEntry(() => PunaModel.Load(path, options), OwnsModel: true, OnDemand: true, IsOptional: true, null, [])));
        return this;
    }

    /// <summary>Refuses bounds that no server can keep.</summary>
    /// <exception cref="InvalidOperationException">A bound is out of its range.</exception>
    internal void Check()
    {
        Need(MaxBodyBytes is > 0 and <= int.MaxValue, nameof(MaxBodyBytes), MaxBodyBytes, $"1 to {int.MaxValue}");
        Need(RequestTimeout is null || (RequestTimeout > TimeSpan.Zero && RequestTimeout <= LongestTimer), nameof(RequestTimeout), RequestTimeout, "more than no time and at most 40 days, or null for no limit");
        Need(MaxWaiting >= 0, nameof(MaxWaiting), MaxWaiting, "0 and more");
        Need(MaxChoices >= 1, nameof(MaxChoices), MaxChoices, "1 and more");
        Need(UnloadIdleAfter is null || UnloadIdleAfter >= TimeSpan.Zero, nameof(UnloadIdleAfter), UnloadIdleAfter, "no time and more, or null for as long as the server runs");
        Need(MemoryBudget is null or > 0, nameof(MemoryBudget), MemoryBudget, "1 and more, or null for no limit");

        static void Need(bool holds, string name, object? value, string allowed)
        {
            if (!holds) throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{nameof(PunaServerOptions)}.{name} is {value}; allowed: {allowed}."));
        }
    }

    /// <summary>Serves a model that is loaded already and outlives the host.</summary>
    /// <inheritdoc cref="AddModel(string, PunaModelOptions?, string?, IEnumerable{string})"/>
    public PunaServerOptions AddModel(PunaModel model, string? id = null, params IEnumerable<string> aliases)
    {
        ArgumentNullException.ThrowIfNull(model);
        Models.Add(new ModelEntry(() => model, OwnsModel: false, OnDemand: false, IsOptional: false, id, [.. aliases]));
        return this;
    }
}
