namespace Puna.Evaluation.Sandbox;

/// <summary>What a program in the sandbox may use.</summary>
internal sealed record SandboxLimits
{
    /// <summary>Time from the start, after which all of its processes are killed.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of address space of one process; null for programs that reserve far more than they use.</summary>
    public long? AddressSpace { get; init; } = 1L << 30;

    /// <summary>Bytes of memory of all its processes together, looked at several times a second; also the bytes of private memory of one.</summary>
    public long Memory { get; init; } = 1L << 30;

    /// <summary>Processes and threads.</summary>
    public int Processes { get; init; } = 32;

    /// <summary>Bytes of all its files.</summary>
    public long Disk { get; init; } = 16L << 20;

    /// <summary>Number of its files.</summary>
    public int Files { get; init; } = 256;

    /// <summary>Files open at once.</summary>
    public int OpenFiles { get; init; } = 64;

    /// <summary>Bytes it may write to its standard output.</summary>
    public int Output { get; init; } = 8 << 20;
}
