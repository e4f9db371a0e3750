using Puna.Tensors.Storage;

namespace Puna.Formats;

/// <summary>Maps model files, with errors that say what to do.</summary>
internal static class ModelFileMapping
{
    /// <summary>Maps a whole file read-only; the caller owns the result.</summary>
    /// <exception cref="ModelFileException">The path is a directory, or the file is empty or not an ordinary one.</exception>
    /// <exception cref="IOException">The operating system refuses the file.</exception>
    internal static NativeStorage Map(string path)
    {
        // Tensor data is used in place, and both formats store it least significant byte first.
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Model files are used in place, which needs a little-endian machine.");
        if (Directory.Exists(path))
            throw new ModelFileException(path, "this is a directory, not a file", remedy: "Name the model file inside it.");

        try
        {
            if (new FileInfo(path) is { Exists: true, Length: 0 })
            {
                throw new ModelFileException(path, "the file is empty, or a pipe, socket or device", offset: 0, found: "0 bytes",
                    remedy: "If the download did not start or the disk was full, download it again. A model must be an ordinary file: it is mapped, not read through.");
            }

            return NativeStorage.MapFile(path);
        }
        catch (NotSupportedException e) // a pipe or socket has no length
        {
            throw new IOException($"{path}: not an ordinary file, so it cannot be mapped.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path}: the operating system denies reading it. Check the file's permissions.", e);
        }
    }
}
