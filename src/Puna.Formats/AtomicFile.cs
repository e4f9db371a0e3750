namespace Puna.Formats;

/// <summary>
/// A file that appears under its name only when it is whole: written beside the target under a temporary name, renamed by
/// <see cref="Commit"/>, deleted by <see cref="Dispose"/> without it. An existing target stays as it was until then.
/// </summary>
public sealed class AtomicFile : IDisposable
{
    private readonly string _target;
    private readonly string _temporary;
    private bool _finished;
    private bool _committed;

    /// <summary>Creates the temporary file.</summary>
    /// <exception cref="IOException">The folder does not exist, cannot be written, or the target is a folder.</exception>
    public AtomicFile(string target)
    {
        if (Directory.Exists(target)) throw new IOException($"{target}: a folder of this name exists. Choose another file name.");

        _target = Path.GetFullPath(target);
        string folder = Path.GetDirectoryName(_target) ?? throw new IOException($"{target}: not a file name.");
        _temporary = Path.Combine(folder, $".{Path.GetFileName(_target)}.{Path.GetRandomFileName()}.tmp");
        try
        {
            Stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new IOException($"{target}: there is no folder {folder}. Make it first.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{folder}: the operating system denies writing here. Check the folder's permissions.", e);
        }
    }

    /// <summary>The temporary file, open for writing.</summary>
    public FileStream Stream { get; }

    /// <summary>Writes everything through to the disk and closes the file, still under its temporary name.</summary>
    public void Finish()
    {
        if (_finished) return;

        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        _finished = true;
    }

    /// <summary>Finishes the file and renames it to the target, replacing what was there.</summary>
    public void Commit()
    {
        Finish();
        File.Move(_temporary, _target, overwrite: true);
        _committed = true;
    }

    /// <summary>Removes the temporary file, unless it was committed.</summary>
    public void Dispose()
    {
        if (_committed) return;

        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // Only the last buffered bytes failed to reach a file that is deleted here; the write that mattered has thrown.
        }

        File.Delete(_temporary);
    }
}
