using System.CommandLine;
using Puna.Evaluation.Models;

namespace Puna.Cli.Evaluation;

/// <summary><c>--variant</c>: what a model was trained to do.</summary>
internal static class VariantOption
{
    internal static Option<string?> Create()
    {
        Option<string?> option = new("--variant") { Description = "What the model was trained to do (default: what its file and name tell)" };
        option.AcceptOnlyFromAmong([.. Enum.GetValues<ModelVariant>().Select(NameOf)]);
        return option;
    }

    internal static ModelVariant? Parse(string? name) => name is null ? null : Enum.GetValues<ModelVariant>().First(variant => NameOf(variant) == name);

    internal static string NameOf(ModelVariant variant) => variant == ModelVariant.ChatTuned ? "chat-tuned" : variant.ToString().ToLowerInvariant();
}
