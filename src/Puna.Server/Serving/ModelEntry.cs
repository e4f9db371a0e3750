namespace Puna.Server.Serving;

/// <summary>A model to serve, not loaded yet.</summary>
internal sealed record ModelEntry(Func<PunaModel> Load, bool OwnsModel, string? Id, IReadOnlyList<string> Aliases);
