using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Puna.Compare;

/// <summary>The machine that is measured, in words.</summary>
internal static partial class Machine
{
    /// <summary>Name of the processor as it gives it.</summary>
    public static string Processor()
    {
        const string File = "/proc/cpuinfo";
        string? line = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>Processor, processors usable, memory, operating system, runtime.</summary>
    public static string Describe()
    {
        double gibibytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        return $"{Processor()}, {Environment.ProcessorCount} processors, {gibibytes:F0} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
    }

    /// <summary>The processor as the name of a folder.</summary>
    public static string Slug() => NotInNames().Replace($"{Processor()} {Environment.ProcessorCount} processors".ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
