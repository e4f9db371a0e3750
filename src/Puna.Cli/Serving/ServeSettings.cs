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

    internal string? Id { get; init; }

    internal IReadOnlyList<string> Aliases { get; init; } = [];

    internal IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    internal int MaxWaiting { get; init; }

    internal TimeSpan? RequestTimeout { get; init; }

    internal long MaxBodyBytes { get; init; }

    /// <summary>How long requests under way may take to end when the server stops.</summary>
    internal TimeSpan Drain { get; init; }
}
