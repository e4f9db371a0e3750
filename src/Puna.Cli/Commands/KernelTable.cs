using Puna.Compute.Cpu;
using Puna.Compute.Cpu.Measuring;
using Puna.Formats;
using Puna.Tensors;

namespace Puna.Cli.Commands;

/// <summary><c>puna bench --kernels</c>: which kernel multiplies which weight format, how fast, and what share of the machine that is.</summary>
internal static class KernelTable
{
    private static readonly TimeSpan PeakTime = TimeSpan.FromMilliseconds(200), FigureTime = TimeSpan.FromMilliseconds(40);

    private static readonly (ArithmeticOperation Operation, string Name, string Words)[] Operations =
    [
        (ArithmeticOperation.Int8Dot, "int8_dot", "8-bit dot products"),
        (ArithmeticOperation.FloatFma, "float_fma", "float32 multiply-adds"),
        (ArithmeticOperation.BFloat16Dot, "bf16_dot", "bfloat16 dot products"),
    ];

    /// <summary>Measures and prints.</summary>
    /// <param name="model">A model file whose formats are measured, or null for all formats.</param>
    /// <param name="threads">Threads, or null for one per core.</param>
    /// <param name="level">The most that kernels may use of the processor, or null for all of it.</param>
    /// <param name="json">An object for each format instead of a table.</param>
    internal static void Print(string? model, int? threads, CpuLevel? level, bool json)
    {
        ElementType[] types = model is null ? [.. ElementTypes.All] : TypesOf(model);
        using KernelRates rates = new(FigureTime, threads);
        double bandwidth = MemoryBandwidth.Measure(PeakTime, rates.Threads);
        Dictionary<ArithmeticOperation, double?> peaks = Operations.ToDictionary(o => o.Operation, o => ArithmeticPeak.Measure(o.Operation, PeakTime, rates.Threads));
        if (!json) PrintHead(rates.Threads, level, bandwidth, peaks);
        foreach (ElementType type in types)
        {
            KernelRate rate = rates.Measure(type, level);
            double? peak = peaks[rate.Arithmetic];
            if (json) PrintJson(rate, rates.Threads, bandwidth, peak);
            else PrintLine(rate, bandwidth, peak);
        }
    }

    private static ElementType[] TypesOf(string model)
    {
        using IModelFile file = ModelFile.Open(model);
        return [.. file.Tensors.Where(t => t.Shape.Count > 1).Select(t => t.Type).Distinct().Order()];
    }

    private static void PrintHead(int threads, CpuLevel? level, double bandwidth, Dictionary<ArithmeticOperation, double?> peaks)
    {
        Console.WriteLine(FormattableString.Invariant($"{threads} threads, {(level is { } most ? $"at most {Name(most)}" : "all that the processor has")}"));
        Console.WriteLine(FormattableString.Invariant($"read bandwidth {bandwidth / 1e9:F1} GB/s"));
        foreach ((ArithmeticOperation operation, _, string words) in Operations)
            Console.WriteLine(peaks[operation] is { } peak ? FormattableString.Invariant($"peak of {words} {peak / 1e9:F0} Gop/s") : $"peak of {words}: not on this processor");

        Console.WriteLine();
        Console.WriteLine("                        one token, GB/s of weights           prompt of 512, Gop/s");
        Console.WriteLine("format    kernel        cache   memory  of bandwidth         cache   memory  of peak");
    }

    private static void PrintLine(KernelRate rate, double bandwidth, double? peak) => Console.WriteLine(FormattableString.Invariant(
        $"{rate.Type.Name(),-9} {rate.Kernel,-12} {rate.DecodeFromCache / 1e9,6:F1} {rate.DecodeFromMemory / 1e9,8:F1} {100 * rate.DecodeFromMemory / bandwidth,11:F0} % {rate.PrefillFromCache / 1e9,14:F0} {rate.PrefillFromMemory / 1e9,8:F0} {(peak is { } p ? FormattableString.Invariant($"{100 * rate.PrefillFromMemory / p:F0} %") : "-"),8}"));

    private static void PrintJson(KernelRate rate, int threads, double bandwidth, double? peak) => JsonLine.Write(w =>
    {
        w.WriteString("format", rate.Type.Name());
        w.WriteString("kernel", rate.Kernel);
        w.WriteString("level", Name(rate.Level));
        w.WriteNumber("threads", threads);
        w.WriteNumber("decode_cache_gbps", Giga(rate.DecodeFromCache));
        w.WriteNumber("decode_memory_gbps", Giga(rate.DecodeFromMemory));
        w.WriteNumber("read_bandwidth_gbps", Giga(bandwidth));
        w.WriteNumber("prefill_cache_gops", Giga(rate.PrefillFromCache));
        w.WriteNumber("prefill_memory_gops", Giga(rate.PrefillFromMemory));
        w.WriteString("peak_of", Operations.First(o => o.Operation == rate.Arithmetic).Name);
        if (peak is { } operations) w.WriteNumber("peak_gops", Giga(operations));
        else w.WriteNull("peak_gops");
    });

    private static string Name(CpuLevel level) => level.ToString().ToLowerInvariant();

    private static double Giga(double value) => Math.Round(value / 1e9, 2);
}
