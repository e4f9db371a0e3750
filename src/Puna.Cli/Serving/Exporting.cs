using System.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Puna.Cli.Serving;

/// <summary>Sends measurements and spans where the operator points OpenTelemetry's own variables, and nowhere otherwise.</summary>
internal static class Exporting
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Prefix = "OTEL_";
    private const string Source = "Puna.Server";

    /// <summary>Where to, or null.</summary>
    internal static string? Endpoint => Environment.GetEnvironmentVariable(EndpointVariable) is { Length: > 0 } endpoint ? endpoint : null;

    internal static void AddTo(WebApplicationBuilder builder)
    {
        if (Endpoint is null) return;

        // OpenTelemetry reads its variables through the configuration.
        builder.Configuration.AddInMemoryCollection(
            from DictionaryEntry variable in Environment.GetEnvironmentVariables()
            let name = (string)variable.Key
            where name.StartsWith(Prefix, StringComparison.Ordinal)
            select KeyValuePair.Create(name, (string?)variable.Value));
        builder.Services.AddOpenTelemetry()
            .WithMetrics(m => m.AddMeter(Source, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel").AddOtlpExporter())
            // Spans of requests, too: those of the model lie within them, and are dropped where their parent is not recorded.
            .WithTracing(t => t.AddSource(Source, "Microsoft.AspNetCore").AddOtlpExporter());
    }
}
