namespace Puna.Models.Cache;

public sealed partial class KvCache
{
    /// <summary>Bytes of a model hash that binds a saved sequence to its model.</summary>
    public const int ModelHashBytes = KvCacheFile.HashBytes;

    /// <summary>
    /// Saves a sequence to a file that only this user may read. The file appears when it is complete: it is written under
    /// another name beside it, flushed and renamed.
    /// </summary>
    /// <param name="slot">The sequence.</param>
    /// <param name="path">File to make or replace.</param>
    /// <param name="modelHash"><see cref="ModelHashBytes"/> bytes that tell the model's weights from all others.</param>
    /// <param name="tokens">The sequence's token ids, one per position; they come back with <see cref="Load(string, ReadOnlySpan{byte})"/>.</param>
    /// <exception cref="ArgumentException">The hash or the tokens have another length, or a token is negative.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing is left of it.</exception>
    public void Save(int slot, string path, ReadOnlySpan<byte> modelHash, ReadOnlySpan<int> tokens)
    {
        CheckSaved(slot, modelHash, tokens);
        string partial = $"{path}.{Path.GetRandomFileName()}.partial";
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        try
        {
            using (FileStream stream = new(partial, options))
            {
                Save(slot, stream, modelHash, tokens);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>Saves a sequence to a stream, from the stream's position on. The same sequence always gives the same bytes.</summary>
    /// <inheritdoc cref="Save(int, string, ReadOnlySpan{byte}, ReadOnlySpan{int})"/>
    public void Save(int slot, Stream stream, ReadOnlySpan<byte> modelHash, ReadOnlySpan<int> tokens)
    {
        CheckSaved(slot, modelHash, tokens);
        int nextPos = _nextPos[slot];
        using KvCacheFileWriter writer = new(stream);
        writer.Header(this, _firstPos[slot], nextPos, modelHash);
        writer.Tokens(tokens);
        foreach (KvClassPages pages in _classes) writer.Pages(pages, slot, nextPos);
        writer.Checksum();
    }

    /// <summary>Opens a saved sequence. Its next token sees bit for bit the keys and values it would have seen.</summary>
    /// <param name="path">File from <see cref="Save(int, string, ReadOnlySpan{byte}, ReadOnlySpan{int})"/>.</param>
    /// <param name="modelHash">Hash of the model at hand.</param>
    /// <exception cref="KvCacheFileException">The file is damaged, or of another model, geometry, type or page size.</exception>
    /// <exception cref="KvCacheFullException">No slot is free, or the memory limit would be passed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <remarks>The checksum finds damage, not forgery: load only files you could have written.</remarks>
    public KvSession Load(string path, ReadOnlySpan<byte> modelHash)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(stream, path, modelHash);
    }

    /// <summary>Opens a saved sequence from a stream that ends where the sequence ends.</summary>
    /// <param name="stream">Seekable: its length is checked before anything is allocated.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="modelHash">Hash of the model at hand.</param>
    /// <inheritdoc cref="Load(string, ReadOnlySpan{byte})"/>
    public KvSession Load(Stream stream, string name, ReadOnlySpan<byte> modelHash)
    {
        CheckHash(modelHash);
        using KvCacheFileReader reader = new(stream, name);
        (int firstPos, int nextPos) = reader.Header(this, modelHash);
        int slot = Open(firstPos);
        try
        {
            TakeSavedPages(slot, nextPos);
            int[] tokens = reader.Tokens(nextPos - firstPos);
            foreach (KvClassPages pages in _classes) reader.Pages(pages, slot);
            reader.Checksum();
            return new KvSession(slot, tokens);
        }
        catch
        {
            Close(slot);
            throw;
        }
    }

    private void TakeSavedPages(int slot, int nextPos)
    {
        foreach (KvClassPages pages in _classes)
        {
            int from = pages.VisibleFrom(slot, nextPos);
            pages.StartAt(slot, _firstPos[slot], from);
            pages.ClearPlan();
            pages.Plan(slot, from, nextPos);
        }

        TakePlannedPages();
        _nextPos[slot] = nextPos;
    }

    private void CheckSaved(int slot, ReadOnlySpan<byte> modelHash, ReadOnlySpan<int> tokens)
    {
        CheckHash(modelHash);
        if (tokens.Length != Length(slot))
            throw new ArgumentException($"Sequence {slot} has {Length(slot)} tokens, {tokens.Length} ids were given.", nameof(tokens));
        for (int i = 0; i < tokens.Length; i++)
            if (tokens[i] < 0) throw new ArgumentException($"Token {i} is {tokens[i]}: ids are not negative.", nameof(tokens));
    }

    private static void CheckHash(ReadOnlySpan<byte> modelHash)
    {
        if (modelHash.Length != ModelHashBytes)
            throw new ArgumentException($"A model hash has {ModelHashBytes} bytes, not {modelHash.Length}.", nameof(modelHash));
    }
}
