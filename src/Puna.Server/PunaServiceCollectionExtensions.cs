using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Puna.Server.Access;
using Puna.Server.Batches;
using Puna.Server.Serving;
using Puna.Server.Telemetry;

namespace Puna.Server;

/// <summary>Registers what the endpoints of <see cref="PunaEndpointRouteBuilderExtensions"/> need.</summary>
public static class PunaServiceCollectionExtensions
{
    /// <summary>
    /// Serves models. They are loaded when the host starts, or on demand; a broken file fails the start.
    /// The first one is also registered as the <see cref="IChatClient"/> and the embedding generator of the application, unless it has others; used so, it stays loaded.
    /// </summary>
    /// <param name="services">Services of the application.</param>
    /// <param name="configure">Names the models, with <see cref="PunaServerOptions.AddModel(string, PunaModelOptions?, string?, IEnumerable{string})"/>.</param>
    public static IServiceCollection AddPuna(this IServiceCollection services, Action<PunaServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<PunaServerOptions>().Configure(configure);
        services.AddRouting();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PunaModels>();
        services.TryAddSingleton<StoredResponses>();
        services.TryAddSingleton<ModerationLine>();
        services.TryAddSingleton<ServerMetrics>();
        services.TryAddSingleton<PrometheusText>();
        services.TryAddSingleton<IChatClient>(s => s.GetRequiredService<PunaModels>().Pin().ChatClient);
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(s => s.GetRequiredService<PunaModels>().Pin().Model.AsEmbeddingGenerator());
        services.AddHostedService<ModelLifetime>();
        return services;
    }

    /// <summary>Keeps files and batches, and answers these when there is time; what is not answered when the host ends is after its next start.</summary>
    /// <param name="services">Services of the application.</param>
    /// <param name="folder">Folder to keep them in, of this server alone; made where there is none.</param>
    public static IServiceCollection AddPunaBatches(this IServiceCollection services, string folder)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        services.TryAddSingleton(_ => new BatchDatabase(folder));
        services.TryAddSingleton<BatchWorker>();
        services.AddHostedService(s => s.GetRequiredService<BatchWorker>());
        return services;
    }

    /// <summary>Asks every request but those for health for a key of a file, and holds keys to their limits.</summary>
    /// <param name="services">Services of the application.</param>
    /// <param name="path">File of keys, as <c>puna keys</c> makes it; null for <see cref="ApiKeyFile.DefaultPath"/>. It may change while the server runs.</param>
    public static IServiceCollection AddPunaApiKeys(this IServiceCollection services, string? path = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(s => new AccessControl(new ApiKeyFile(path ?? ApiKeyFile.DefaultPath), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<AccessControl>>()));
        return services;
    }
}
