namespace Puna.Models.Cache;

/// <summary>The cache has no room: no memory under its limit, or no free sequence slot. Nothing was changed.</summary>
public sealed class KvCacheFullException : InvalidOperationException
{
    private KvCacheFullException(string message, string unit, long needed, long used, long limit)
        : base(message)
    {
        Unit = unit;
        Needed = needed;
        Used = used;
        Limit = limit;
    }

    /// <summary>What is short: <c>bytes</c> or <c>sequences</c>.</summary>
    public string Unit { get; }

    /// <summary>How much more was asked for.</summary>
    public long Needed { get; }

    /// <summary>How much is held already.</summary>
    public long Used { get; }

    /// <summary>How much may be held.</summary>
    public long Limit { get; }

    internal static KvCacheFullException Bytes(long needed, long used, long limit) =>
        new($"The KV cache needs {needed} bytes more; it holds {used} and its limit is {limit}. " +
            "Close a sequence, shorten the context, use a smaller cache type such as Q8_0, or raise the limit.",
            "bytes", needed, used, limit);

    internal static KvCacheFullException Sequences(int limit) =>
        new($"All {limit} sequences of the KV cache are open. Close one, or allow more when creating the cache.",
            "sequences", 1, limit, limit);
}
