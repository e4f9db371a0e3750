namespace Puna.Tests;

/// <summary>Files of the repository the tests read: golden data, documents and, for what is checked as text, sources.</summary>
internal static class RepositoryFiles
{
    /// <summary>Full path of the repository: the folder of Puna.slnx above the tests.</summary>
    internal static string Root { get; } = FindRoot();

    /// <summary>Full path of a file given from the repository root.</summary>
    internal static string Find(params string[] path) => Path.Combine([Root, .. path]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Puna.slnx"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"Puna.slnx is in no folder above {AppContext.BaseDirectory}.");
    }
}
