using System.Security.Cryptography;
using System.Text;

namespace Puna.Server.Access;

/// <summary>The key that a client sends: <c>puna-ID-SECRET</c>.</summary>
internal static class ApiKeySecret
{
    private const string Prefix = "puna-";
    private const int IdBytes = 4;
    private const int SecretBytes = 32;

    /// <summary>A new key.</summary>
    internal static (string Id, string Key) New()
    {
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        return (id, $"{Prefix}{id}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))}");
    }

    /// <summary>The public part, or null where the text is no key.</summary>
    internal static string? IdOf(string key) =>
        key.Length == Prefix.Length + 2 * IdBytes + 1 + 2 * SecretBytes && key.StartsWith(Prefix, StringComparison.Ordinal)
            ? key.Substring(Prefix.Length, 2 * IdBytes)
            : null;

    internal static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Compares in a time that tells nothing.</summary>
    internal static bool Matches(string key, string hash) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(key)), Encoding.ASCII.GetBytes(hash));
}
