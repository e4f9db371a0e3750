namespace Puna.Server.Batches;

/// <summary>What batches may take up on disk, so that one client cannot take all of it.</summary>
internal sealed record BatchLimits
{
    /// <summary>Most bytes of a batch's answers. What has none when they are reached is given up.</summary>
    internal long AnswerBytes { get; init; } = 256L << 20;

    /// <summary>What a file counts at least, so that nobody keeps millions of empty ones.</summary>
    internal const int LeastFileBytes = 4096;

    /// <summary>Most bytes of all files of a key, or of those without one.</summary>
    internal long FileBytes { get; init; } = 4L << 30;

    /// <summary>Most batches of a key, or of those without one, that are not at their end.</summary>
    internal int OpenBatches { get; init; } = 32;

    /// <summary>Most batches of a key, or of those without one, that are kept after their end; the oldest go. Their files stay.</summary>
    internal int EndedBatches { get; init; } = 10_000;
}
