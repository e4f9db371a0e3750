using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Puna.Cli.Serving;

/// <summary>A server's certificate.</summary>
internal static class TlsFiles
{
    /// <summary>Environment variable with the password of a PKCS #12 file or an encrypted key: arguments can be seen by others.</summary>
    internal const string PasswordVariable = "PUNA_TLS_PASSWORD";

    /// <summary>Loads a PEM certificate with its key, or a PKCS #12 file; null where no certificate is named.</summary>
    internal static X509Certificate2? Load(string? certificate, string? key)
    {
        if (certificate is null) return key is null ? null : throw new UsageException("--tls-key needs --tls-cert, the certificate that it belongs to.");

        string? password = Environment.GetEnvironmentVariable(PasswordVariable);
        try
        {
            if (key is null && Path.GetExtension(certificate).ToLowerInvariant() is ".pfx" or ".p12") return X509CertificateLoader.LoadPkcs12FromFile(certificate, password);
            return password is null ? X509Certificate2.CreateFromPemFile(certificate, key) : X509Certificate2.CreateFromEncryptedPemFile(certificate, password, key);
        }
        catch (CryptographicException error)
        {
            throw new UsageException($"--tls-cert {certificate}: certificate and key cannot be read: {error.Message} Give a PEM certificate with --tls-key, or a .pfx file, and the password, if there is one, in {PasswordVariable}.");
        }
    }
}
