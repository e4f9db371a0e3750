using System.Diagnostics;
using System.Diagnostics.Metrics;
using Puna.Engine;
using Puna.Server.Serving;

namespace Puna.Server.Telemetry;

/// <summary>The instruments of a server. Counts and times only: no text of a request or an answer goes into them.</summary>
internal sealed class ServerMetrics : IDisposable
{
    private static readonly double[] Seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    private static readonly double[] FirstToken = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly double[] PerToken = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];

    public ServerMetrics(IMeterFactory factory, PunaModels models)
    {
        Meter = factory.Create(GenAI.Source);
        RequestDuration = Histogram(GenAI.RequestDuration, "Time from a request's arrival to the end of its answer", Seconds);
        TimeToFirstToken = Histogram(GenAI.TimeToFirstToken, "Time from a request's arrival to its first token", FirstToken);
        TimePerOutputToken = Histogram(GenAI.TimePerOutputToken, "Time per token after the first", PerToken);
        Tokens = Meter.CreateCounter<long>(GenAI.Tokens, "{token}", "Tokens of prompts (input), of those the ones that were in the cache (cached), of answers (output), and guessed (drafted), of those the right ones (accepted)");
        Gauge(GenAI.RequestsRunning, "{request}", "Sequences that are being computed", s => s.Running);
        Gauge(GenAI.RequestsWaiting, "{request}", "Sequences in line", s => s.Waiting);
        Gauge(GenAI.CacheRetained, "{sequence}", "Finished sequences whose cache is kept", s => s.Retained);
        Gauge(GenAI.CacheUsed, "By", "Cache memory that sequences use", s => s.KvBytesUsed);
        Gauge(GenAI.CacheAllocated, "By", "Cache memory held", s => s.KvBytesAllocated);

        void Gauge(string name, string unit, string description, Func<EngineStatus, long> value) => Meter.CreateObservableGauge(
            name, () => models.Loaded().Select(m => new Measurement<long>(value(m.Model.Engine.Status), new KeyValuePair<string, object?>(GenAI.RequestModel, m.Id))), unit, description);
    }

    internal Meter Meter { get; }

    /// <summary>Spans of the operations.</summary>
    internal static ActivitySource Activities { get; } = new(GenAI.Source);

    internal Histogram<double> RequestDuration { get; }

    internal Histogram<double> TimeToFirstToken { get; }

    internal Histogram<double> TimePerOutputToken { get; }

    internal Counter<long> Tokens { get; }

    public void Dispose() => Meter.Dispose();

    private Histogram<double> Histogram(string name, string description, double[] bounds) =>
        Meter.CreateHistogram(name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
