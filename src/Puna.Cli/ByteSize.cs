using static System.FormattableString;

namespace Puna.Cli;

/// <summary>Sizes for people, in binary units.</summary>
internal static class ByteSize
{
    internal const long GiB = 1L << 30;
    private const long MiB = 1L << 20;

    /// <summary>Two decimals, in the unit that suits the size.</summary>
    internal static string Text(long bytes) => bytes switch
    {
        >= GiB / 2 => Invariant($"{bytes / (double)GiB:F2} GiB"),
        >= MiB / 2 => Invariant($"{bytes / (double)MiB:F2} MiB"),
        _ => Invariant($"{bytes / 1024.0:F2} KiB"),
    };
}
