using System.Globalization;

namespace Puna.Planning;

/// <summary>Memory that this process could still use.</summary>
internal static class AvailableMemory
{
    /// <summary>
    /// Bytes: on Linux what the kernel calls available (free, or taken by files that can be dropped), and no more than the
    /// control group allows in all; elsewhere the limit that the .NET runtime sees.
    /// </summary>
    public static long Bytes()
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes; // heeds container limits
        if (!OperatingSystem.IsLinux()) return limit;

        foreach (string file in (ReadOnlySpan<string>)["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"])
        {
            if (File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long group)) limit = Math.Min(limit, group);
        }

        return File.Exists("/proc/meminfo") && ParseAvailable(File.ReadLines("/proc/meminfo")) is { } available ? Math.Min(limit, available) : limit;
    }

    /// <summary>The line <c>MemAvailable: 123 kB</c> in bytes, or null where it is missing.</summary>
    internal static long? ParseAvailable(IEnumerable<string> lines)
    {
        const string Key = "MemAvailable:";
        string? line = lines.FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        if (line is null) return null;

        string number = line[Key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes) ? kibibytes * 1024 : null;
    }
}
