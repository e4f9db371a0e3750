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

    /// <summary>A number of parameters: exact where it is small.</summary>
    internal static string Parameters(long count) => count switch
    {
        >= 100_000_000 => Invariant($"{count / 1e9:F2} billion parameters"),
        >= 1_000_000 => Invariant($"{count / 1e6:F2} million parameters"),
        _ => Invariant($"{count:N0} parameters"),
    };
}
