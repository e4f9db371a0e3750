using System.Security.Cryptography.X509Certificates;
using Puna.Safety.Streams;

namespace Puna.Cli.Serving;

/// <summary>How <c>puna serve</c> was asked to serve.</summary>
internal sealed record ServeSettings
{
    internal required ListenAddress Address { get; init; }

    internal X509Certificate2? Certificate { get; init; }

    /// <summary>File of keys that requests need; null to ask for none.</summary>
    internal string? KeyFile { get; init; }

    /// <summary>Folder for files and batches; null for none.</summary>
    internal string? DataFolder { get; init; }

    /// <summary>The safety policy around every answer; null for none.</summary>
    internal SafetyGuard? Safety { get; init; }

    /// <summary>What to serve; the first model answers requests that name none.</summary>
    internal required IReadOnlyList<ServedFile> Models { get; init; }

    /// <summary>How to load them.</summary>
    internal required PunaModelOptions ModelOptions { get; init; }

    /// <summary>How long a model on demand stays loaded without a request; null for as long as the server runs.</summary>
    internal TimeSpan? UnloadIdleAfter { get; init; }

    /// <summary>Most bytes of loaded models; null for no limit.</summary>
    internal long? MemoryBudget { get; init; }

    internal IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    internal int MaxWaiting { get; init; }

    internal TimeSpan? RequestTimeout { get; init; }

    internal long MaxBodyBytes { get; init; }

    /// <summary>How long requests under way may take to end when the server stops.</summary>
    internal TimeSpan Drain { get; init; }
}
