using System.Text.Json;
using Puna.Formats;

namespace Puna.Server.Access;

/// <summary>The file of keys. Only its owner may read it; it never holds a key itself.</summary>
public sealed class ApiKeyFile(string path)
{
    /// <summary>Where keys are unless another file is named: <c>puna/keys.json</c> in the user's configuration folder.</summary>
    public static string DefaultPath => System.IO.Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "puna", "keys.json");

    public string Path { get; } = path;

    /// <summary>All keys, revoked ones too; none where there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, or a key in it lacks something or has a limit under 1.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<ApiKey> Read()
    {
        byte[] json;
        try
        {
            json = File.ReadAllBytes(Path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }

        try
        {
            IReadOnlyList<ApiKey> keys = JsonSerializer.Deserialize(json, ApiKeyJson.Default.ApiKeyList)?.Keys ?? throw new JsonException("null");
            for (int i = 0; i < keys.Count; i++) Check(keys[i], i + 1);
            return keys;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{Path}: this is not a file of keys (line {error.LineNumber + 1}). Correct it, or make keys anew with another file.", error);
        }
    }

    /// <summary>Makes a key and adds it to the file, which is made where there is none.</summary>
    /// <param name="name">What to call it; no other good key may have that name.</param>
    /// <param name="limits">Fills in the limits.</param>
    /// <param name="now">Time of making.</param>
    /// <returns>The key, which cannot be told again.</returns>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public string Add(string name, Func<ApiKey, ApiKey> limits, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (string.IsNullOrWhiteSpace(name)) throw new ArgumentException("A key needs a name.");
        IReadOnlyList<ApiKey> keys = Read();
        if (keys.Any(k => k.Name == name && k.Revoked is null)) throw new ArgumentException($"There is a key named '{name}' already. Choose another name, or revoke that one first.");

        (string id, string key) = ApiKeySecret.New();
        Write([.. keys, limits(new ApiKey { Id = id, Name = name, Hash = ApiKeySecret.HashOf(key), Created = now })]);
        return key;
    }

    /// <summary>Revokes a key, by id or name. It stays in the file, so that its id is not forgotten.</summary>
    /// <returns>The key.</returns>
    /// <exception cref="ArgumentException">No good key is called that.</exception>
    public ApiKey Revoke(string idOrName, DateTimeOffset now)
    {
        List<ApiKey> keys = [.. Read()];
        int index = keys.FindIndex(k => k.Revoked is null && (k.Id == idOrName || k.Name == idOrName));
        if (index < 0) throw new ArgumentException($"There is no key '{idOrName}' to revoke in {Path}.");

        keys[index] = keys[index] with { Revoked = now };
        Write(keys);
        return keys[index];
    }

    private void Check(ApiKey? key, int place)
    {
        if (key is not { Id: not null, Name: not null, Hash: not null }) throw new InvalidDataException($"{Path}: key {place} has no id, name or hash. Correct it, or make keys anew with another file.");
        if (Math.Min(key.RequestsPerMinute ?? 1, Math.Min(key.TokensPerMinute ?? 1, key.TokensPerDay ?? 1)) < 1)
            throw new InvalidDataException($"{Path}: key {place} ('{key.Name}') has a limit under 1. Give at least 1, leave the limit out, or revoke the key.");
    }

    private void Write(IReadOnlyList<ApiKey> keys)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        using AtomicFile file = new(Path);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file.Stream.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        JsonSerializer.Serialize(file.Stream, new ApiKeyList(keys), ApiKeyJson.Default.ApiKeyList);
        file.Commit();
    }
}
