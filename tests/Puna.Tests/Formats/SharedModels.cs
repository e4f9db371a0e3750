namespace Puna.Tests.Formats;

/// <summary>Real model files kept beside the repository; tests that use them are skipped where they are absent.</summary>
internal static class SharedModels
{
    /// <summary>Path of a file in <c>../shared/models</c>; skips the calling test if it is not there.</summary>
    internal static string RequirePath(string name)
    {
        string path = RepositoryFiles.Find("..", "shared", "models", name);
        Assert.SkipUnless(File.Exists(path), $"../shared/models/{name} is absent");
        return path;
    }
}
