using System.Text.RegularExpressions;

namespace Puna.Server.Serving;

/// <summary>A model under the name that requests call it by, loaded or not.</summary>
public sealed partial class ServedModel
{
    internal ServedModel(ModelEntry entry, ModelCard card)
    {
        Entry = entry;
        Card = card;
        Id = entry.Id ?? IdOf(card.Path);
    }

    /// <summary>Name in requests and answers.</summary>
    public string Id { get; }

    /// <summary>Further names that requests may use.</summary>
    public IReadOnlyList<string> Aliases => Entry.Aliases;

    /// <summary>Path of its file or directory.</summary>
    public string Path => Card.Path;

    /// <summary>Most tokens of prompt and answer together.</summary>
    public int ContextLength => Card.ContextLength;

    /// <summary>Requests computed at once.</summary>
    public int MaxSequences => Card.MaxSequences;

    /// <summary>Threads that it computes with.</summary>
    public int ThreadCount => Card.ThreadCount;

    /// <summary>Bytes of its weights.</summary>
    public long WeightBytes => Card.WeightBytes;

    /// <summary>What its operator should know about the file.</summary>
    public IReadOnlyList<string> Warnings => Card.Warnings;

    /// <summary>True while it is loaded.</summary>
    public bool IsLoaded => Loaded is not null;

    internal ModelEntry Entry { get; }

    internal ModelCard Card { get; }

    /// <summary>The model; null while it is not loaded. Set under the lock of <see cref="PunaModels"/>, as all that follows.</summary>
    internal LoadedModel? Loaded { get; set; }

    /// <summary>Requests that use it.</summary>
    internal int Users { get; set; }

    /// <summary>It takes no further request: it makes room for another.</summary>
    internal bool IsClosing { get; set; }

    /// <summary>Ends when its last user leaves, while it is closing.</summary>
    internal TaskCompletionSource? LastLeft { get; set; }

    /// <summary>It stays loaded: something outside of requests uses it.</summary>
    internal bool IsPinned { get; set; }

    /// <summary>How long it stays loaded without a request; null for as long as the server runs.</summary>
    internal TimeSpan? KeepAlive { get; set; }

    /// <summary>When its last user left.</summary>
    internal DateTimeOffset IdleSince { get; set; }

    /// <summary>Looks at it when its time is over.</summary>
    internal ITimer? Timer { get; set; }

    /// <summary>What a model is called by default: its file's name without extension and without the number of a split's part.</summary>
    /// <param name="path">Path of the model.</param>
    public static string IdOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(path));
        if (name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) name = name[..^".gguf".Length];
        return SplitNumber().Replace(name, "");
    }

    /// <summary>True for the id, an alias, the file's name, and for the id with Ollama's tag <c>:latest</c>.</summary>
    internal bool IsCalled(string name)
    {
        if (name.EndsWith(":latest", StringComparison.Ordinal)) name = name[..^":latest".Length];
        return name == Id || Aliases.Contains(name) || name == System.IO.Path.GetFileName(Path);
    }

    [GeneratedRegex(@"-\d{5}-of-\d{5}$")]
    private static partial Regex SplitNumber();
}
