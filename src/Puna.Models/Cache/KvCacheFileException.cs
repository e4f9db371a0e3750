namespace Puna.Models.Cache;

/// <summary>A saved sequence cannot be loaded: damaged, or of another model or cache. Nothing was changed.</summary>
public sealed class KvCacheFileException : Exception
{
    internal KvCacheFileException(string file, string field, string found, string expected, string remedy)
        : base($"{file}: {field} is {found}, expected {expected}. {remedy}")
    {
        File = file;
        Field = field;
        Found = found;
        Expected = expected;
    }

    /// <summary>Path of the file.</summary>
    public string File { get; }

    /// <summary>Field at fault.</summary>
    public string Field { get; }

    /// <summary>Value in the file.</summary>
    public string Found { get; }

    /// <summary>Value that would have been accepted.</summary>
    public string Expected { get; }
}
