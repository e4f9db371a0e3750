namespace Puna.Server.Serving;

/// <summary>A model to serve, not loaded yet.</summary>
/// <param name="Load">Loads it.</param>
/// <param name="OwnsModel">The server loads and unloads it; otherwise it is the application's.</param>
/// <param name="OnDemand">It is loaded when a request names it, and not when the host starts.</param>
/// <param name="IsOptional">Where it is no model that can be run, it is left out, and the host starts without it.</param>
/// <param name="Id">Its name, or null for its file's.</param>
/// <param name="Aliases">Further names.</param>
internal sealed record ModelEntry(Func<PunaModel> Load, bool OwnsModel, bool OnDemand, bool IsOptional, string? Id, IReadOnlyList<string> Aliases);
