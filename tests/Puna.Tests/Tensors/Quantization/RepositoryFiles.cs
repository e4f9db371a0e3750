namespace Puna.Tests.Tensors.Quantization;

/// <summary>Files of the repository the tests read: golden data and documents.</summary>
internal static class RepositoryFiles
{
    /// <summary>Full path of a file given from the repository root, which is the folder of Puna.slnx above the tests.</summary>
    internal static string Find(params string[] path)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Puna.slnx"))) root = root.Parent;
        Assert.NotNull(root);
        return Path.Combine([root.FullName, .. path]);
    }
}
