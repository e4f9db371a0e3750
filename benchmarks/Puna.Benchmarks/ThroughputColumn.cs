using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Puna.Benchmarks;

/// <summary>Bytes handled per second, in MB/s (10^6), from the mean time of an operation.</summary>
/// <param name="bytesPerOperation">Bytes one call of a benchmark handles; 0 where the figure makes no sense.</param>
internal sealed class ThroughputColumn(Func<BenchmarkCase, long> bytesPerOperation) : IColumn
{
    public string Id => nameof(ThroughputColumn);
    public string ColumnName => "MB/s";
    public bool AlwaysShow => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public bool IsNumeric => true;
    public UnitType UnitType => UnitType.Dimensionless;
    public string Legend => "Input bytes per second of one thread, in 10^6 bytes";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Mean;
        long bytes = bytesPerOperation(benchmarkCase);
        return nanoseconds is null or 0 || bytes == 0 ? "-" : FormattableString.Invariant($"{bytes * 1e3 / nanoseconds.Value:F1}");
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}
