using System.Text.Json;
using Puna.Safety.Alignment;
using Puna.Safety.LlamaGuard;

namespace Puna.Safety.Policy;

/// <summary>What a scanner is made of: its settings in the policy, and the models that the policy loaded.</summary>
internal sealed class ScannerSettings
{
    private readonly JsonElement _settings;
    private readonly Func<string, IDisposable?> _models;

    internal ScannerSettings(JsonElement settings, string role, float lowestThreshold, TimeSpan deadline, Func<string, IDisposable?> models)
    {
        _settings = settings;
        _models = models;
        Role = role;
        LowestThreshold = lowestThreshold;
        Deadline = deadline;
    }

    /// <summary>Whose messages are scanned.</summary>
    internal string Role { get; }

    /// <summary>The lowest score that leads to an action.</summary>
    internal float LowestThreshold { get; }

    internal TimeSpan Deadline { get; }

    internal bool Has(string name) => Get(name) is not null;

    internal string? Text(string name) => Get(name) is { } value ? value.GetString() : null;

    internal bool Flag(string name, bool otherwise) => Get(name)?.GetBoolean() ?? otherwise;

    internal IEnumerable<JsonElement> Items(string name) => Get(name)?.EnumerateArray() ?? Enumerable.Empty<JsonElement>();

    internal IReadOnlyList<string> Texts(string name) => [.. Items(name).Select(item => item.GetString()!)];

    /// <summary>The model that a setting names.</summary>
    /// <exception cref="SettingException">The policy has no such model, or it is of another kind.</exception>
    internal T Model<T>()
        where T : class, IDisposable
    {
        string name = Text("model") ?? throw new SettingException("model", "the key is missing.");
        return _models(name) switch
        {
            T model => model,
            null => throw new SettingException("model", $"the policy has no model '{name}'; name it under /models."),
            _ => throw new SettingException("model", $"the model '{name}' is of another type than this scanner asks; a {TypeOf<T>()} model is needed."),
        };
    }

    private static string TypeOf<T>() => typeof(T) == typeof(LlamaGuardModel) ? "llama-guard" : typeof(T) == typeof(AlignmentAuditor) ? "chat" : "prompt-guard";

    private JsonElement? Get(string name) => _settings.ValueKind == JsonValueKind.Object && _settings.TryGetProperty(name, out JsonElement value) ? value : null;
}

/// <summary>A setting of a scanner is not possible.</summary>
internal sealed class SettingException(string place, string message) : Exception(message)
{
    /// <summary>Pointer of the setting below the scanner's settings, without the first slash; empty for the rule itself.</summary>
    internal string Place { get; } = place;
}
