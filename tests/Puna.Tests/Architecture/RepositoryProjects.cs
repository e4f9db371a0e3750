using System.Xml.Linq;

namespace Puna.Tests.Architecture;

/// <summary>A project of the repository, as its project file says.</summary>
/// <param name="Name">Name of the project file without its extension.</param>
/// <param name="Folder">Full path of its folder.</param>
/// <param name="IsLibrary">False for an executable.</param>
/// <param name="References">Names of the projects it references.</param>
internal sealed record RepositoryProject(string Name, string Folder, bool IsLibrary, IReadOnlyList<string> References);

/// <summary>The projects of the repository and their source files.</summary>
internal static class RepositoryProjects
{
    /// <summary>What is shipped: the projects below <c>src</c>.</summary>
    internal static IReadOnlyList<RepositoryProject> All { get; } = [.. Below("src")];

    /// <summary>These, tests, benchmarks and samples.</summary>
    internal static IReadOnlyList<RepositoryProject> Everywhere { get; } = [.. All, .. Below("tests"), .. Below("benchmarks"), .. Below("samples"), .. Below("train")];

    internal static IEnumerable<RepositoryProject> Libraries => All.Where(project => project.IsLibrary);

    /// <summary>Source files below a folder, without what the compiler or a package wrote.</summary>
    internal static IEnumerable<string> Sources(string folder) =>
        from path in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        let parts = Path.GetRelativePath(folder, path).Split(Path.DirectorySeparatorChar)
        where !parts.Contains("bin") && !parts.Contains("obj")
        select path;

    private static IEnumerable<RepositoryProject> Below(string folder) =>
        Directory.EnumerateFiles(RepositoryFiles.Find(folder), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(Read);

    private static RepositoryProject Read(string path)
    {
        XElement project = XElement.Load(path);
        bool isLibrary = project.Descendants("OutputType").All(type => type.Value != "Exe") && (string?)project.Attribute("Sdk") != "Microsoft.NET.Sdk.Web";
        return new RepositoryProject(
            Path.GetFileNameWithoutExtension(path),
            Path.GetDirectoryName(path)!,
            isLibrary,
            [.. project.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!))]);
    }
}
