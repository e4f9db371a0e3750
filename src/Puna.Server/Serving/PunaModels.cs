using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Puna.Server.Serving;

/// <summary>The models of a server, loaded together. Owns those it loaded.</summary>
public sealed class PunaModels : IDisposable
{
    private readonly List<(PunaModel Model, bool Owned)> _loaded = [];
    private readonly List<ServedModel> _all = [];

    public PunaModels(IOptions<PunaServerOptions> options, IServiceProvider services, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        if (options.Value.Models.Count == 0)
            throw new InvalidOperationException($"There is no model to serve: name one with {nameof(PunaServerOptions)}.{nameof(PunaServerOptions.AddModel)}.");

        try
        {
            foreach (ModelEntry entry in options.Value.Models) Add(entry, options.Value, services, clock);
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

    /// <summary>Those that this loaded, and whose engines end with it.</summary>
    internal IEnumerable<PunaModel> Owned => _loaded.Where(l => l.Owned).Select(l => l.Model);

    /// <summary>The model of a name, or null.</summary>
    public ServedModel? Find(string name) => _all.Find(m => m.IsCalled(name));

    /// <summary>Ends the engines and unloads the models that this loaded.</summary>
    public void Dispose()
    {
        foreach (ServedModel served in _all) served.ChatClient.Dispose();
        foreach ((PunaModel model, bool owned) in _loaded)
        {
            if (owned) model.Dispose();
        }

        _loaded.Clear();
    }

    private void Add(ModelEntry entry, PunaServerOptions options, IServiceProvider services, TimeProvider clock)
    {
        PunaModel model = entry.Load();
        _loaded.Add((model, entry.OwnsModel));
        PunaChatClient client = model.AsChatClient();
        IChatClient chatClient = options.ChatPipeline?.Invoke(services, client) ?? client;
        ServedModel served = new(client, entry.Id, entry.Aliases, chatClient, clock.GetUtcNow());
        foreach (string name in (string[])[served.Id, .. served.Aliases])
        {
            if (Find(name) is { } other)
                throw new InvalidOperationException($"Two models would be called '{name}': {other.Model.Path} and {model.Path}. Give one of them another id.");
        }

        _all.Add(served);
    }
}
