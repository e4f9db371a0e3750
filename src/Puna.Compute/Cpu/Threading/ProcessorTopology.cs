using System.Globalization;

namespace Puna.Compute.Cpu.Threading;

/// <summary>How many cores this process may use.</summary>
internal static class ProcessorTopology
{
    /// <summary>
    /// Physical cores among the processors the process may run on, and no more than its CPU quota allows: two hardware
    /// threads of a core share its vector units, so that a kernel gains nothing from the second. Where the system does not
    /// tell (only Linux is asked), every processor counts as a core.
    /// </summary>
    public static int UsableCores()
    {
        int limit = Environment.ProcessorCount; // heeds affinity and container quotas
        int cores = OperatingSystem.IsLinux()
            ? CountCores("/proc/self/status", "/sys/devices/system/cpu")
            : 0;
        return cores == 0 ? limit : Math.Min(limit, cores);
    }

    /// <summary>Distinct sets of sibling threads among the allowed processors, or 0 when the files do not say.</summary>
    internal static int CountCores(string statusFile, string cpuFolder)
    {
        if (!File.Exists(statusFile)) return 0;

        const string Key = "Cpus_allowed_list:";
        string? allowed = File.ReadLines(statusFile).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        if (allowed is null) return 0;

        HashSet<string> cores = [];
        foreach (int cpu in ParseList(allowed[Key.Length..]))
        {
            string siblings = Path.Combine(cpuFolder, $"cpu{cpu.ToString(CultureInfo.InvariantCulture)}", "topology", "thread_siblings_list");
            if (!File.Exists(siblings)) return 0;
            cores.Add(File.ReadAllText(siblings).Trim());
        }

        return cores.Count;
    }

    /// <summary>The numbers of a list such as <c>0-3,8,10-11</c>; what is no number is left out.</summary>
    internal static IEnumerable<int> ParseList(string list)
    {
        foreach (string range in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)) continue;
            if (!int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)) continue;
            for (int cpu = first; cpu <= last; cpu++) yield return cpu;
        }
    }
}
