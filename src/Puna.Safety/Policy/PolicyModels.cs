using System.Text.Json;
using Puna.Formats;
using Puna.Models;
using Puna.Prompting;
using Puna.Safety.Alignment;
using Puna.Safety.LlamaGuard;
using Puna.Safety.PromptGuard;
using Puna.Tokenizers;

namespace Puna.Safety.Policy;

/// <summary>The models of one policy by name, leased from a pool.</summary>
internal sealed class PolicyModels : IDisposable
{
    private readonly Dictionary<string, ModelPool.Lease> _leases = [];
    private readonly HashSet<string> _failed = [];

    /// <summary>Loads models whose description was checked; what cannot be loaded is a problem.</summary>
    internal void Load(JsonElement models, string folder, ModelPool pool, List<PolicyProblem> problems)
    {
        foreach (JsonProperty model in models.EnumerateObject())
        {
            try
            {
                string path = Path.GetFullPath(model.Value.GetProperty("path").GetString()!, Path.GetFullPath(folder));
                _leases[model.Name] = pool.Take($"{path} {model.Value.GetRawText()}", () => Load(model.Value, path));
            }
            catch (Exception error) when (error is ModelException or ModelFileException or ChatFormatException or TokenizerFormatException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                _failed.Add(model.Name);
                problems.Add(new PolicyProblem($"/models/{PolicyShape.Escape(model.Name)}", error.Message));
            }
        }
    }

    /// <summary>The model of a name, or null.</summary>
    internal IDisposable? Find(string name) => _leases.GetValueOrDefault(name)?.Model;

    /// <summary>The first model of a kind, or null.</summary>
    internal T? First<T>()
        where T : class => _leases.Values.Select(lease => lease.Model).OfType<T>().FirstOrDefault();

    /// <summary>A rule names a model that could not be loaded.</summary>
    internal bool Failed(JsonElement rule) =>
        rule.TryGetProperty("settings", out JsonElement settings) && settings.TryGetProperty("model", out JsonElement name) && _failed.Contains(name.GetString()!);

    public void Dispose()
    {
        foreach (ModelPool.Lease lease in _leases.Values) lease.Dispose();
        _leases.Clear();
    }

    private static IDisposable Load(JsonElement model, string path)
    {
        int? threads = Number("threads") is { } number ? (int)number : null;
        string type = model.GetProperty("type").GetString()!;
        if (type == "prompt-guard") return PromptGuardModel.Load(path, new PromptGuardOptions { Threads = threads });
        if (type == "chat")
        {
            AlignmentAuditorOptions auditor = new() { Threads = threads };
            return AlignmentAuditor.Load(path, auditor with
            {
                MinMass = (float)(Number("minMass") ?? auditor.MinMass),
                ConversationTokens = (int)(Number("conversationTokens") ?? auditor.ConversationTokens),
            });
        }

        LlamaGuardOptions defaults = new();
        return LlamaGuardModel.Load(path, defaults with
        {
            Threads = threads,
            Kind = Text("kind") is { } kind ? LlamaGuardKinds.Parse(kind) : null,
            Prompt = defaults.Prompt with { Flavor = Text("flavor") == "meta-docs" ? LlamaGuardFlavor.MetaDocs : LlamaGuardFlavor.HuggingFace },
            MinMass = (float)(Number("minMass") ?? defaults.MinMass),
            ConversationTokens = (int)(Number("conversationTokens") ?? defaults.ConversationTokens),
            CachedPrefixes = (int)(Number("cachedPrefixes") ?? defaults.CachedPrefixes),
        });

        double? Number(string name) => model.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : null;

        string? Text(string name) => model.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
    }
}

/// <summary>Models that several policies share, as a new policy and the one that it replaces do. A model ends with its last lease.</summary>
internal sealed class ModelPool
{
    private readonly Dictionary<string, (IDisposable Model, int Leases)> _models = [];
    private readonly Lock _lock = new();

    /// <summary>The model under a key, loaded where there is none.</summary>
    internal Lease Take(string key, Func<IDisposable> load)
    {
        lock (_lock)
        {
            (IDisposable model, int leases) = _models.TryGetValue(key, out (IDisposable, int) known) ? known : (load(), 0);
            _models[key] = (model, leases + 1);
            return new Lease(this, key, model);
        }
    }

    private void Return(string key)
    {
        lock (_lock)
        {
            (IDisposable model, int leases) = _models[key];
            if (leases > 1)
            {
                _models[key] = (model, leases - 1);
                return;
            }

            _models.Remove(key);
            model.Dispose();
        }
    }

    internal sealed class Lease(ModelPool pool, string key, IDisposable model) : IDisposable
    {
        private bool _returned;

        internal IDisposable Model { get; } = model;

        public void Dispose()
        {
            if (_returned) return;
            _returned = true;
            pool.Return(key);
        }
    }
}
