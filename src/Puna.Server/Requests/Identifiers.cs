namespace Puna.Server.Requests;

/// <summary>Names of answers.</summary>
internal static class Identifiers
{
    internal static string New(string prefix) => $"{prefix}{Guid.NewGuid():N}";
}
