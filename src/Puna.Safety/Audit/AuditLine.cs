using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Puna.Safety.Audit;

/// <summary>
/// A record as a line: <c>{"seq":…,"time":…,"previous":"…",…,"hash":"…"}</c>. The hash is SHA-256 of the line's bytes before
/// <c>,"hash"</c>, and the next record names it as previous: a line that is changed, left out or put elsewhere breaks the chain.
/// </summary>
internal static class AuditLine
{
    /// <summary>What the first record names as previous.</summary>
    internal static readonly string Beginning = new('0', 64);

    /// <summary>Event of the record that old files were let go, up to the number of its property <see cref="Through"/>.</summary>
    internal const string LetGo = "let-go", Through = "through";

    private const int TailLength = 9 + 64 + 2; // ,"hash":" and 64 digits and "}

    internal static string FileName(int number) => $"audit-{number:D8}.jsonl";

    /// <summary>Files of a folder by number, in order.</summary>
    internal static List<(int Number, string Path)> Files(string folder)
    {
        List<(int Number, string Path)> files = [];
        foreach (string path in Directory.EnumerateFiles(folder, "audit-*.jsonl"))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path).AsSpan("audit-".Length), out int number) && Path.GetFileName(path) == FileName(number)) files.Add((number, path));
        }

        files.Sort();
        return files;
    }

    /// <summary>Ends an object without its closing brace by its hash; the line feed is with it.</summary>
    internal static (byte[] Line, string Hash) Seal(ReadOnlySpan<byte> open)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(open));
        return ([.. open, .. Encoding.ASCII.GetBytes($",\"hash\":\"{hash}\"}}\n")], hash);
    }

    /// <summary>Reads a line without its line feed; what is wrong with it, or null.</summary>
    internal static string? Read(ReadOnlyMemory<byte> line, out long sequence, out string previous, out string hash) => Read(line, out sequence, out previous, out hash, out _);

    /// <summary>As above; and the number of the last file that the record says was let go, or 0.</summary>
    internal static string? Read(ReadOnlyMemory<byte> line, out long sequence, out string previous, out string hash, out int letGo)
    {
        (sequence, previous, hash, letGo) = (0, "", "", 0);
        if (line.Length <= TailLength || !line.Span[^TailLength..].StartsWith(",\"hash\":\""u8)) return "it has no hash";

        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            sequence = root.GetProperty("seq").GetInt64();
            previous = root.GetProperty("previous").GetString() ?? "";
            hash = root.GetProperty("hash").GetString() ?? "";
            if (root.TryGetProperty("event", out JsonElement named) && named.ValueEquals(LetGo)) letGo = root.GetProperty(Through).GetInt32();
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return "it is no record";
        }

        return hash == Convert.ToHexStringLower(SHA256.HashData(line.Span[..^TailLength])) ? null : "its hash is not that of its content: it was changed";
    }
}
