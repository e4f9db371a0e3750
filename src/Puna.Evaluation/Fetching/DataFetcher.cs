using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Puna.Evaluation.Fetching;

/// <summary>How fetching a file ended.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Record">What it is.</param>
/// <param name="Downloaded">Bytes that came over the network this time; 0 where it was there already.</param>
/// <param name="ChangedFrom">The hash that it had when it was last fetched, where that is another one.</param>
public sealed record FetchedFile(string Path, FetchRecord Record, long Downloaded, string? ChangedFrom);

/// <summary>
/// Fetches data sets into folders that recipes read. What is there with the recorded hash stays; a download that broke off goes
/// on where it was if the server still has the same version. Nothing else in evaluating touches the network.
/// </summary>
/// <param name="client">What downloads; the caller's.</param>
public sealed class DataFetcher(HttpClient client)
{
    internal const string Ledger = "fetched.json";

    private const long MostUnpacked = 1L << 30;
    private const int MostEntries = 10_000;

    /// <summary>Fetches the files of a source into its folder.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="root">The folder that holds one folder per data set.</param>
    /// <param name="progress">Hears of every file that is there.</param>
    /// <param name="cancellationToken">Stops; what has come stays for the next time.</param>
    /// <exception cref="EvaluationException">A file is longer than allowed, or a server refuses it.</exception>
    /// <exception cref="IOException">The connection or the disk fails.</exception>
    public async Task FetchAsync(DataSource source, string root, Action<FetchedFile>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        string folder = Path.Combine(root, source.Name), ledgerPath = Path.Combine(folder, Ledger);
        Directory.CreateDirectory(folder);
        SortedDictionary<string, FetchRecord> ledger = ReadLedger(ledgerPath);
        foreach (SourceFile file in source.Files)
        {
            string path = Path.Combine(folder, file.Path);
            FetchRecord? known = ledger.GetValueOrDefault(file.Path);
            if (known is not null && System.IO.File.Exists(path) && Hash(path) == known.Sha256)
            {
                progress?.Invoke(new FetchedFile(path, known, 0, null));
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            (string? etag, long downloaded) = await DownloadAsync(file, path, cancellationToken).ConfigureAwait(false);
            FetchRecord record = new(file.Url.ToString(), new FileInfo(path).Length, Hash(path), etag, DateTimeOffset.UtcNow);
            if (file.Unpack is { } folders) Unpack(path, folder, folders);
            ledger[file.Path] = record;
            string json = JsonSerializer.Serialize(ledger, FetchJson.Default.SortedDictionaryStringFetchRecord) + "\n";
            System.IO.File.WriteAllText(ledgerPath + ".new", json);
            System.IO.File.Move(ledgerPath + ".new", ledgerPath, overwrite: true);
            progress?.Invoke(new FetchedFile(path, record, downloaded, known is not null && known.Sha256 != record.Sha256 ? known.Sha256 : null));
        }
    }

    private async Task<(string? ETag, long Downloaded)> DownloadAsync(SourceFile file, string path, CancellationToken cancellationToken)
    {
        string part = path + ".part", version = part + ".etag";
        long have = System.IO.File.Exists(part) && System.IO.File.Exists(version) ? new FileInfo(part).Length : 0;
        using HttpRequestMessage request = new(HttpMethod.Get, file.Url);
        if (have > 0 && EntityTagHeaderValue.TryParse(System.IO.File.ReadAllText(version), out EntityTagHeaderValue? before) && !before.IsWeak)
        {
            request.Headers.Range = new RangeHeaderValue(have, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(before); // the whole file where it is another version now
        }

        using HttpResponseMessage response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && have > 0)
        {
            // All of it had come when the process ended, or the server's is shorter now: nothing is there to go on with.
            System.IO.File.Delete(part);
            return await DownloadAsync(file, path, cancellationToken).ConfigureAwait(false);
        }

        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have;
        if (response.StatusCode != HttpStatusCode.OK && !goesOn)
            throw new EvaluationException($"{file.Url}: the server answers {(int)response.StatusCode} {response.ReasonPhrase}. Fetch the file by hand to {path}, or try again later.");

        long start = goesOn ? have : 0, length = start;
        if (response.Content.Headers.ContentLength is { } announced && start + announced > file.MaxBytes) throw TooLong(file, start + announced);

        System.IO.File.Delete(version);
        if (response.Headers.ETag is { IsWeak: false } tag) System.IO.File.WriteAllText(version, tag.ToString());
        long? whole = response.Content.Headers.ContentLength is { } left ? start + left : null;
        using (FileStream target = new(part, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None))
        using (Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false))
        {
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = await ReadAsync(body, buffer, file, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                length += read;
                if (length > file.MaxBytes) throw TooLong(file, length);
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            target.Flush(flushToDisk: true);
        }

        if (whole is { } wanted && length != wanted) throw new IOException($"{file.Url}: the connection ended after {length} of {wanted} bytes. Fetch again to go on there.");
        System.IO.File.Move(part, path, overwrite: true);
        System.IO.File.Delete(version);
        return (response.Headers.ETag?.ToString(), length - start);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            throw new IOException($"{request.RequestUri}: {error.Message}", error);
        }
    }

    private static async Task<int> ReadAsync(Stream body, byte[] buffer, SourceFile file, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or HttpIOException)
        {
            throw new IOException($"{file.Url}: {error.Message} Fetch again to go on where it broke off.", error);
        }
    }

    private static EvaluationException TooLong(SourceFile file, long bytes) =>
        new($"{file.Url}: {bytes} bytes where at most {file.MaxBytes} are expected. It is not the file it was; look at it before you use it.");

    /// <summary>Takes the files out of an archive whose names begin as asked; links, folders and all other entries stay in it.</summary>
    private static void Unpack(string archive, string folder, IReadOnlyDictionary<string, string> folders)
    {
        using FileStream stream = System.IO.File.OpenRead(archive);
        using TarReader reader = new(stream);
        long unpacked = 0;
        int entries = 0;
        try
        {
            while (reader.GetNextEntry() is { } entry)
            {
                if (++entries > MostEntries) throw new EvaluationException($"{archive}: more than {MostEntries} entries. It is not the archive it was.");
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;

                foreach ((string prefix, string target) in folders)
                {
                    string name = entry.Name.StartsWith(prefix, StringComparison.Ordinal) ? entry.Name[prefix.Length..] : "";
                    if (name.Length == 0 || name.AsSpan().ContainsAny('/', '\\', '\0') || name.StartsWith('.')) continue; // leads nowhere else

                    unpacked += entry.Length;
                    if (unpacked > MostUnpacked) throw new EvaluationException($"{archive}: more than {MostUnpacked} bytes unpacked. It is not the archive it was.");
                    Directory.CreateDirectory(Path.Combine(folder, target));
                    using FileStream file = System.IO.File.Create(Path.Combine(folder, target, name));
                    entry.DataStream?.CopyTo(file);
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new EvaluationException($"{archive}: not a whole tar archive ({error.Message}). Delete it and fetch again.", error);
        }
    }

    private static SortedDictionary<string, FetchRecord> ReadLedger(string path)
    {
        if (!System.IO.File.Exists(path)) return new(StringComparer.Ordinal);

        try
        {
            return new(JsonSerializer.Deserialize(System.IO.File.ReadAllText(path), FetchJson.Default.SortedDictionaryStringFetchRecord)!, StringComparer.Ordinal);
        }
        catch (Exception error) when (error is JsonException or ArgumentNullException)
        {
            throw new EvaluationException($"{path}: not a list of fetched files. Delete it; what is there will be fetched again.", error);
        }
    }

    private static string Hash(string path)
    {
        using FileStream stream = System.IO.File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
