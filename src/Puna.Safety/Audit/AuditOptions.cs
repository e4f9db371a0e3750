namespace Puna.Safety.Audit;

/// <summary>How decisions are recorded.</summary>
public sealed record AuditOptions
{
    /// <summary>Bytes after which a new file is begun.</summary>
    public long MaxFileBytes { get; init; } = 64L << 20;

    /// <summary>Files that are kept, the oldest going first; 0 for all.</summary>
    public int KeepFiles { get; init; }

    /// <summary>Characters of a judged text that are recorded, with all that was found in it replaced; 0 for none.</summary>
    public int ExcerptCharacters { get; init; }

    /// <summary>Every record reaches the disk before its decision takes effect, so that it outlasts the machine's power and not only the process.</summary>
    public bool Durable { get; init; }

    internal void Check()
    {
        if (MaxFileBytes < 1024) throw new ArgumentException($"{nameof(MaxFileBytes)} is {MaxFileBytes}; at least 1024 are needed.");
        if (KeepFiles < 0) throw new ArgumentException($"{nameof(KeepFiles)} is {KeepFiles}; at least 0 is needed.");
        if (ExcerptCharacters is < 0 or > 65536) throw new ArgumentException($"{nameof(ExcerptCharacters)} is {ExcerptCharacters}; 0 to 65536 are possible.");
    }
}
