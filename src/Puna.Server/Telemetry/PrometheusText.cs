using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Puna.Server.Telemetry;

/// <summary>Keeps what this server's instruments measure, and writes it in Prometheus' text format (version 0.0.4).</summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    public PrometheusText(ServerMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == metrics.Meter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    internal const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    internal string Write()
    {
        StringBuilder text = new();
        lock (_lock)
        {
            foreach (Family family in _families.Values) family.ForgetObserved(); // a model that is unloaded is observed no more
            _listener.RecordObservableInstruments();
            foreach (Family family in _families.Values) family.Write(text);
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
        {
            if (!_families.TryGetValue(instrument.Name, out Family? family)) _families.Add(instrument.Name, family = new Family(instrument));
            family.Record(Labels(tags), value);
        }
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StringBuilder labels = new();
        foreach ((string name, object? value) in tags)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            labels.Append(labels.Length > 0 ? "," : "").Append(name.Replace('.', '_')).Append("=\"").Append(text).Append('"');
        }

        return labels.ToString();
    }

    /// <summary>One instrument, with a series for every set of labels.</summary>
    private sealed class Family(Instrument instrument)
    {
        private readonly double[] _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? [];
        private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);

        private bool IsHistogram => instrument is Histogram<double>;

        private bool IsCounter => instrument is Counter<long>;

        private string Name => instrument.Name.Replace('.', '_') + instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" } + (IsCounter ? "_total" : "");

        /// <summary>Empties a gauge before it is observed anew.</summary>
        internal void ForgetObserved()
        {
            if (instrument.IsObservable) _series.Clear();
        }

        internal void Record(string labels, double value)
        {
            if (!_series.TryGetValue(labels, out Series? series)) _series.Add(labels, series = new Series(new long[_bounds.Length]));
            series.Count++;
            series.Sum = IsHistogram || IsCounter ? series.Sum + value : value;
            for (int i = 0; i < _bounds.Length; i++)
            {
                if (value <= _bounds[i]) series.Buckets[i]++;
            }
        }

        internal void Write(StringBuilder text)
        {
            string name = Name;
            text.Append("# HELP ").Append(name).Append(' ').Append(instrument.Description).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(IsHistogram ? "histogram" : IsCounter ? "counter" : "gauge").Append('\n');
            foreach ((string labels, Series series) in _series)
            {
                if (!IsHistogram)
                {
                    Line(name, labels, series.Sum);
                    continue;
                }

                for (int i = 0; i < _bounds.Length; i++) Line(name + "_bucket", With(labels, _bounds[i].ToString(CultureInfo.InvariantCulture)), series.Buckets[i]);
                Line(name + "_bucket", With(labels, "+Inf"), series.Count);
                Line(name + "_sum", labels, series.Sum);
                Line(name + "_count", labels, series.Count);
            }

            void Line(string series, string labels, double value) =>
                text.Append(series).Append('{').Append(labels).Append("} ").Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');

            static string With(string labels, string bound) => $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"";
        }
    }

    private sealed class Series(long[] buckets)
    {
        internal long[] Buckets { get; } = buckets; // cumulative, as the format wants them
        internal long Count { get; set; }
        internal double Sum { get; set; }
    }
}
