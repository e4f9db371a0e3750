using System.Text.Json.Nodes;
using Puna.Evaluation;
using Puna.Evaluation.Runs;

namespace Puna.Cli.Evaluation;

/// <summary>What a manifest says of how a model was run on this machine, so that it can be run so again.</summary>
internal static class LocalRun
{
    internal static JsonObject Describe(PunaModel model, RunSettings settings, int batch, string? templateFile) => new()
    {
        ["model_path"] = Path.GetFullPath(model.Path),
        ["data_path"] = settings.Data is { } data ? Path.GetFullPath(data) : null,
        ["template_path"] = templateFile is null ? null : Path.GetFullPath(templateFile),
        ["shots"] = settings.Shots,
        ["limit"] = settings.Limit,
        ["seed"] = settings.Seed,
        ["context"] = model.Options.ContextLength,
        ["batch"] = batch,
        ["threads"] = model.ThreadCount,
        ["kernel_set"] = model.KernelSet,
    };

    /// <summary>The settings of a run.</summary>
    internal static RunSettings Settings(JsonObject execution) => new()
    {
        Data = (string?)execution["data_path"],
        Shots = (int?)execution["shots"],
        Limit = (int?)execution["limit"],
        Seed = (int?)execution["seed"] ?? 0,
    };

    /// <summary>The path of a run's model.</summary>
    internal static string ModelPath(RunManifest manifest) => (string?)manifest.Execution["model_path"]
        ?? throw new EvaluationException("The run was not of a model on this machine, so it cannot be repeated to the bit. Run it again with puna eval run and compare the scores.");
}
