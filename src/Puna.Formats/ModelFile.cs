using Puna.Formats.Gguf;
using Puna.Formats.Safetensors;

namespace Puna.Formats;

/// <summary>Opens model files of either format, told apart by their path: the one place that decides which is which.</summary>
public static class ModelFile
{
    /// <summary>Opens a GGUF file (any part of a split), or a safetensors directory, file or index.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    /// <exception cref="ModelFileException">A file breaks its format.</exception>
    /// <exception cref="IOException">The operating system refuses a file.</exception>
    public static IModelFile Open(string path)
    {
        if (IsSafetensors(path)) return SafetensorsModel.Open(path);
        RequireFile(path);
        return GgufFile.Open(path);
    }

    /// <summary>True for a directory, and for a file by the name that safetensors files and their indexes have.</summary>
    public static bool IsSafetensors(string path) => Directory.Exists(path)
        || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || path.EndsWith(SafetensorsIndex.Suffix, StringComparison.OrdinalIgnoreCase);

    /// <summary>Says what would be accepted where nothing is.</summary>
    /// <exception cref="FileNotFoundException">There is no file at the path.</exception>
    public static void RequireFile(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{(path.Length > 0 ? path : "(no name)")}: there is no such file. Give a GGUF file, or a directory of safetensors with its config.json.", path);
    }
}
