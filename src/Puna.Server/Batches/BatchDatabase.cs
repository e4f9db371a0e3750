using Microsoft.Data.Sqlite;

namespace Puna.Server.Batches;

/// <summary>
/// Files and batches in an SQLite file of this server alone. Whatever changes together changes in one transaction, and is on
/// disk when the call returns, so that a server that is killed goes on where it was. Safe for concurrent callers.
/// </summary>
internal sealed partial class BatchDatabase : IDisposable
{
    private const int SchemaVersion = 1;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;

    /// <summary>Opens or makes the database in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="limits">What it may hold; null for the usual limits.</param>
    /// <exception cref="IOException">The folder cannot be used, or another server uses it.</exception>
    /// <exception cref="InvalidDataException">The file is of another version, or no database.</exception>
    internal BatchDatabase(string folder, BatchLimits? limits = null)
    {
        Limits = limits ?? new BatchLimits();
        Path = System.IO.Path.Combine(folder, "batches.db");
        MakeFile(folder, Path);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            _connection.Open();
            // EXCLUSIVE: two servers that shared a file would both answer its batches.
            Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT;");
            MakeTables();
        }
        catch (SqliteException error)
        {
            _connection.Dispose();
            throw error.SqliteErrorCode switch
            {
                SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => new IOException($"{Path} is in use by another server. Give each a folder of its own.", error),
                SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT => new InvalidDataException($"{Path} is not a database of files and batches, or damaged ({error.Message}). Move it away, or give another folder.", error),
                _ => new IOException($"{Path} cannot be opened: {error.Message}.", error),
            };
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>What it may hold.</summary>
    internal BatchLimits Limits { get; }

    /// <summary>The file.</summary>
    internal string Path { get; }

    public void Dispose()
    {
        lock (_lock) _connection.Dispose();
    }

    /// <summary>Keeps a file.</summary>
    internal void AddFile(StoredFile file, string? owner, byte[] content)
    {
        lock (_lock) InsertFile(file, owner, content);
    }

    /// <summary>A file of this owner, or null.</summary>
    internal StoredFile? FindFile(string id, string? owner)
    {
        lock (_lock) return Query("SELECT id, name, purpose, created, length(content) FROM files WHERE id = $id AND owner IS $owner", ReadFile, ("$id", id), ("$owner", owner)).FirstOrDefault();
    }

    /// <summary>Bytes of all files of this owner, each counted as <see cref="BatchLimits.LeastFileBytes"/> at least: many small ones take room, too.</summary>
    internal long FileBytes(string? owner)
    {
        lock (_lock) return Query("SELECT coalesce(sum(max(length(content), $least)), 0) FROM files WHERE owner IS $owner", r => r.GetInt64(0), ("$owner", owner), ("$least", BatchLimits.LeastFileBytes))[0];
    }

    /// <summary>What a file holds; null where there is no such file of this owner.</summary>
    internal byte[]? Content(string id, string? owner)
    {
        lock (_lock) return Query("SELECT content FROM files WHERE id = $id AND owner IS $owner", r => r.GetFieldValue<byte[]>(0), ("$id", id), ("$owner", owner)).FirstOrDefault();
    }

    /// <summary>Files of this owner, the latest first.</summary>
    internal IReadOnlyList<StoredFile> Files(string? owner, int limit, string? after)
    {
        lock (_lock)
        {
            return Query(
                "SELECT id, name, purpose, created, length(content) FROM files WHERE owner IS $owner AND ($after IS NULL OR rowid < (SELECT rowid FROM files WHERE id = $after)) ORDER BY rowid DESC LIMIT $limit",
                ReadFile, ("$owner", owner), ("$after", after), ("$limit", limit));
        }
    }

    /// <summary>Deletes a file of this owner; false where there is none.</summary>
    internal bool DeleteFile(string id, string? owner)
    {
        lock (_lock) return Execute("DELETE FROM files WHERE id = $id AND owner IS $owner", ("$id", id), ("$owner", owner)) > 0;
    }

    /// <summary>Makes the folder and an empty file, which only their owner may read.</summary>
    private static void MakeFile(string folder, string path)
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, Owner | UnixFileMode.UserExecute);
            FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Owner;
            using FileStream _ = new(path, options);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"{path} cannot be made: the operating system denies it. Give another folder.", error);
        }
    }

    private void MakeTables()
    {
        long version = Query("PRAGMA user_version", r => r.GetInt64(0))[0];
        if (version == SchemaVersion) return;
        if (version != 0) throw new InvalidDataException($"{Path} is of version {version}; this server knows {SchemaVersion}. Use the server that made it, or give another folder.");

        Execute($"""
            BEGIN IMMEDIATE;
            CREATE TABLE files (id TEXT NOT NULL UNIQUE, owner TEXT, name TEXT NOT NULL, purpose TEXT NOT NULL, created INTEGER NOT NULL, content BLOB NOT NULL);
            CREATE TABLE batches (id TEXT NOT NULL UNIQUE, owner TEXT, is_open INTEGER NOT NULL, json TEXT NOT NULL);
            CREATE TABLE items (batch TEXT NOT NULL, line INTEGER NOT NULL, custom_id TEXT NOT NULL, body BLOB NOT NULL, status INTEGER, reply BLOB, PRIMARY KEY (batch, line)) WITHOUT ROWID;
            PRAGMA user_version = {SchemaVersion};
            COMMIT;
            """);
    }

    private void InsertFile(StoredFile file, string? owner, byte[] content) => Execute(
        "INSERT INTO files (id, owner, name, purpose, created, content) VALUES ($id, $owner, $name, $purpose, $created, $content)",
        ("$id", file.Id), ("$owner", owner), ("$name", file.Name), ("$purpose", file.Purpose), ("$created", file.Created), ("$content", content));

    private static StoredFile ReadFile(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4));

    /// <summary>Does all of it or nothing.</summary>
    private void Together(Action work)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        work();
        transaction.Commit();
    }

    private int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    private List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Command(sql, parameters);
        using SqliteDataReader reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // every text is a constant of this class; values are parameters
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object? value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
