using System.Text.RegularExpressions;

namespace Puna.Server.Serving;

/// <summary>Models that lie beside each other.</summary>
public static partial class ModelFolder
{
    /// <summary>True for a directory that is no model itself.</summary>
    /// <param name="path">A path.</param>
    public static bool Is(string path) => Directory.Exists(path) && !IsModel(path);

    /// <summary>Its GGUF files (of a split the first part) and safetensors directories, by name.</summary>
    internal static IReadOnlyList<string> Models(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.gguf").Where(f => LaterPart().Match(f) is not { Success: true } part || part.Groups[1].Value == "00001")
            .Concat(Directory.EnumerateDirectories(folder).Where(IsModel))
            .Order(StringComparer.Ordinal),
    ];

    private static bool IsModel(string directory) => File.Exists(Path.Combine(directory, "config.json")) || Directory.EnumerateFiles(directory, "*.safetensors").Any();

    [GeneratedRegex(@"-(\d{5})-of-\d{5}\.gguf$", RegexOptions.IgnoreCase)]
    private static partial Regex LaterPart();
}
