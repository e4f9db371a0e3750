namespace Puna.Tests.Formats;

/// <summary>A folder of its own for one test, deleted with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Root { get; } = Directory.CreateTempSubdirectory("puna-formats-").FullName;

    /// <summary>Path of a file in the folder.</summary>
    internal string this[string name] => Path.Combine(Root, name);

    /// <summary>Writes a file and returns its path.</summary>
    internal string Write(string name, byte[] content)
    {
        File.Delete(this[name]); // a new file need not reach the disk before the next one; one cut and refilled must, on ext4
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    /// <summary>Names of the files present, sorted.</summary>
    internal string[] Names() => [.. Directory.EnumerateFiles(Root).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
