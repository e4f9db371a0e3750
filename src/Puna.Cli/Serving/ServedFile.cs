using Puna.Server;
using Puna.Server.Serving;

namespace Puna.Cli.Serving;

/// <summary>A model, or a folder of them, that <c>puna serve</c> was told to serve.</summary>
/// <param name="Path">File, safetensors directory, or folder of either.</param>
/// <param name="Id">Name of the model in requests; null for its file's.</param>
/// <param name="OnDemand">Loaded when a request names it.</param>
internal sealed record ServedFile(string Path, string? Id, bool OnDemand)
{
    /// <summary>Further names.</summary>
    internal IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Reads <c>[NAME=]PATH</c>.</summary>
    internal static ServedFile Parse(string given)
    {
        int equals = given.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || File.Exists(given) || Directory.Exists(given)) return new ServedFile(given, null, OnDemand: true);
        if (equals == 0 || equals == given.Length - 1) throw new UsageException($"--also {given}: give a path, or NAME=PATH.");
        return new ServedFile(given[(equals + 1)..], given[..equals], OnDemand: true);
    }

    internal void AddTo(PunaServerOptions options, PunaModelOptions how)
    {
        if (OnDemand) how = how with { DraftModel = null }; // it has the vocabulary of the first model
        if (ModelFolder.Is(Path))
        {
            if (Id is not null || Aliases.Count > 0) throw new UsageException($"{Path} is a folder of models, which cannot all have one name. Name one of its files, or leave the name out.");
            options.AddModelFolder(Path, how);
        }
        else if (OnDemand)
        {
            options.AddModelOnDemand(Path, how, Id, Aliases);
        }
        else
        {
            options.AddModel(Path, how, Id, Aliases);
        }
    }
}
