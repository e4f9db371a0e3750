using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Puna.Server.Serving;

/// <summary>A model under the name that requests call it by.</summary>
public sealed partial class ServedModel
{
    private readonly Lazy<string> _fingerprint;

    internal ServedModel(PunaChatClient client, string? id, IReadOnlyList<string> aliases, IChatClient chatClient, DateTimeOffset loadedAt)
    {
        PunaModel model = client.Model;
        Client = client;
        Id = id ?? IdOf(model.Path);
        Aliases = aliases;
        ChatClient = chatClient;
        LoadedAt = loadedAt;
        _fingerprint = new Lazy<string>(() => Convert.ToHexStringLower(model.Fingerprint.Span));
    }

    /// <summary>Name in requests and answers.</summary>
    public string Id { get; }

    /// <summary>Further names that requests may use.</summary>
    public IReadOnlyList<string> Aliases { get; }

    public PunaModel Model => Client.Model;

    /// <summary>The model without middleware.</summary>
    internal PunaChatClient Client { get; }

    /// <summary>The model with the middleware of <see cref="PunaServerOptions.ChatPipeline"/> around it.</summary>
    public IChatClient ChatClient { get; }

    public DateTimeOffset LoadedAt { get; }

    /// <summary>Identity of the weights, 64 hexadecimal digits.</summary>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>True for the id, an alias, the file's name, and for the id with Ollama's tag <c>:latest</c>.</summary>
    internal bool IsCalled(string name)
    {
        if (name.EndsWith(":latest", StringComparison.Ordinal)) name = name[..^":latest".Length];
        return name == Id || Aliases.Contains(name) || name == Path.GetFileName(Model.Path);
    }

    /// <summary>What a model is called by default: its file's name without extension and without the number of a split's part.</summary>
    /// <param name="path">Path of the model.</param>
    public static string IdOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        if (name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) name = name[..^".gguf".Length];
        return SplitNumber().Replace(name, "");
    }

    [GeneratedRegex(@"-\d{5}-of-\d{5}$")]
    private static partial Regex SplitNumber();
}
