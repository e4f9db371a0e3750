using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Puna.Cli.Guarding;

/// <summary>Files that a person gives to be judged; - is standard input.</summary>
internal static class InputFile
{
    /// <summary>The bytes of a file of at most <paramref name="maxBytes"/>.</summary>
    internal static byte[] ReadBytes(string path, long maxBytes)
    {
        if (path != "-")
        {
            if (Directory.Exists(path)) throw new UsageException($"{path}: this is a folder; name a file.");
            if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file.");
        }

        using Stream input = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        using MemoryStream all = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = input.Read(buffer)) > 0;)
        {
            if (all.Length + read > maxBytes) throw new UsageException($"{path}: it has more than {maxBytes} bytes, the most that is read.");
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    /// <summary>A text in UTF-8, without a byte order mark.</summary>
    internal static string ReadText(string path, long maxBytes)
    {
        byte[] bytes = ReadBytes(path, maxBytes);
        if (!Utf8.IsValid(bytes)) throw new UsageException($"{path}: this is not UTF-8 text.");
        return Encoding.UTF8.GetString(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(3) : bytes);
    }

    /// <summary>What a JSON parser found wrong, without the place.</summary>
    internal static string Reason(JsonException error)
    {
        int place = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (place < 0 ? error.Message : error.Message[..place]).TrimEnd('.', ' ');
    }
}
