using System.Globalization;
using System.Text.Json;
using Puna.Tensors;
using static Puna.Formats.Safetensors.SafetensorsShardPlan;

namespace Puna.Formats.Safetensors;

/// <summary>
/// Writes a safetensors model as one file, or as shards with an index: first all declarations, then the data of each
/// tensor from front to back in pieces of any size, tensors in any order, then <see cref="Complete"/>. The files appear
/// under their names only then, the index last; disposing earlier leaves no trace. For one thread.
/// </summary>
public sealed class SafetensorsWriter : IDisposable
{
    private const int CopyBytes = 1 << 26; // largest piece handed to the system at once
    private const string SingleFile = "model.safetensors";

    /// <summary>Where the data of a tensor goes, and how much of it is there.</summary>
    private sealed class Target(AtomicFile file, long offset, long bytes)
    {
        internal AtomicFile File { get; } = file;

        internal long Offset { get; } = offset;

        internal long Bytes { get; } = bytes;

        internal long Written { get; set; }
    }

    private readonly string _path; // of the file, or of the folder when sharded
    private readonly long? _maxShardBytes;
    private readonly IReadOnlyDictionary<string, string> _metadata;
    private readonly List<Declared> _declared = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<(string Path, AtomicFile File)> _files = []; // in the order they appear
    private readonly Dictionary<string, Target> _targets = new(StringComparer.Ordinal);
    private bool _dataBegun;
    private bool _completed;

    private SafetensorsWriter(string path, long? maxShardBytes, IReadOnlyDictionary<string, string>? metadata)
    {
        _path = path;
        _maxShardBytes = maxShardBytes;
        _metadata = metadata ?? new Dictionary<string, string>();
    }

    /// <summary>Starts a model of one file, which replaces an existing one when complete.</summary>
    /// <param name="path">Where it shall appear; its folder must exist.</param>
    /// <param name="metadata">Free-form strings for the header, or null.</param>
    public static SafetensorsWriter CreateFile(string path, IReadOnlyDictionary<string, string>? metadata = null) => new(path, null, metadata);

    /// <summary>
    /// Starts a model of files of at most <paramref name="maxShardBytes"/> of data each, more only where a single tensor
    /// is larger: <c>model-00001-of-0000N.safetensors</c> with <c>model.safetensors.index.json</c>, or just
    /// <c>model.safetensors</c> if everything fits.
    /// </summary>
    /// <param name="directory">An existing folder that holds no safetensors model yet.</param>
    /// <param name="maxShardBytes">Bytes, at least 1.</param>
    /// <param name="metadata">Free-form strings for each header, or null.</param>
    /// <exception cref="IOException">The folder is missing or already holds safetensors files.</exception>
    public static SafetensorsWriter CreateSharded(string directory, long maxShardBytes, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxShardBytes);
        if (!Directory.Exists(directory)) throw new IOException($"{directory}: the folder does not exist. Create it first.");

        string? present = Directory.EnumerateFiles(directory, "*.safetensors*").FirstOrDefault();
        if (present is not null)
            throw new IOException($"{directory}: the folder already holds {Path.GetFileName(present)}. Choose an empty folder, so that two models cannot mix.");

        return new SafetensorsWriter(directory, maxShardBytes, metadata);
    }

    /// <summary>Announces a tensor.</summary>
    /// <param name="name">Unique in the model.</param>
    /// <param name="type">A type of the format: no quantized blocks.</param>
    /// <param name="shape">Sizes, innermost first; the file states them in reverse.</param>
    /// <exception cref="ArgumentException">A rule above is broken.</exception>
    /// <exception cref="OverflowException">The size does not fit in 63 bits.</exception>
    public void DeclareTensor(string name, ElementType type, params ReadOnlySpan<long> shape)
    {
        if (_dataBegun) throw new InvalidOperationException("The headers are already written: declare all tensors before any data.");
        if (name is null or "" or "__metadata__") throw new ArgumentException($"'{name}' cannot name a tensor.", nameof(name));
        if (SafetensorsDtypes.Find(type) is null) throw new ArgumentException($"Tensor '{name}': safetensors has no dtype for {type}. Convert it to a float or integer type.", nameof(type));
        if (shape.Length > SafetensorsHeaderReader.MaxDimensions)
            throw new ArgumentException($"Tensor '{name}' has {shape.Length} dimensions; allowed are {SafetensorsHeaderReader.MaxDimensions}.", nameof(shape));

        long elements = 1;
        foreach (long size in shape)
        {
            if (size <= 0) throw new ArgumentException($"Tensor '{name}': dimension {size} is not positive.", nameof(shape));
            elements = checked(elements * size);
        }

        if (!_names.Add(name)) throw new ArgumentException($"Tensor '{name}' was declared before.", nameof(name));
        _declared.Add(new Declared(name, type, shape.ToArray(), type.ByteSize(elements)));
    }

    /// <summary>Writes the next bytes of a tensor's data.</summary>
    /// <exception cref="ArgumentException">The tensor was not declared, or the piece is longer than what it lacks.</exception>
    /// <exception cref="IOException">The operating system refuses the file.</exception>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        BeginData();
        if (!_targets.TryGetValue(name, out Target? target)) throw new ArgumentException($"Tensor '{name}' was not declared.", nameof(name));
        if (bytes.Length > target.Bytes - target.Written)
            throw new ArgumentException($"Tensor '{name}' lacks {target.Bytes - target.Written} bytes; {bytes.Length} are too many.", nameof(bytes));

        RandomAccess.Write(target.File.Stream.SafeFileHandle, bytes, target.Offset + target.Written);
        target.Written += bytes.Length;
    }

    /// <summary>Writes all data of a declared tensor from one in memory, of the same name, type and size.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public unsafe void WriteTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.RowStride != tensor.RowBytes) throw new ArgumentException($"Tensor '{tensor.Name}' is a view with gaps between its rows.", nameof(tensor));

        for (long at = 0; at < tensor.ByteLength; at += CopyBytes)
            Write(tensor.Name, new ReadOnlySpan<byte>(tensor.Data + at, (int)Math.Min(CopyBytes, tensor.ByteLength - at)));
    }

    /// <summary>Checks that all data is there, brings the files to the disk and gives them their names.</summary>
    /// <exception cref="InvalidOperationException">Data of a declared tensor is missing.</exception>
    /// <exception cref="IOException">The operating system refuses a write or a renaming; no file of a sharded model remains.</exception>
    public void Complete()
    {
        BeginData();
        foreach ((string name, Target target) in _targets)
        {
            if (target.Written < target.Bytes)
                throw new InvalidOperationException($"Tensor '{name}' has {target.Written} of {target.Bytes} bytes; write the rest first.");
        }

        foreach ((_, AtomicFile file) in _files) file.Finish(); // whatever can fail for lack of space fails here
        int committed = 0;
        try
        {
            for (; committed < _files.Count; committed++) _files[committed].File.Commit();
        }
        catch when (_maxShardBytes is not null)
        {
            for (int i = 0; i < committed; i++) File.Delete(_files[i].Path);
            throw;
        }

        _completed = true;
    }

    /// <summary>Removes the unfinished files, unless <see cref="Complete"/> succeeded.</summary>
    public void Dispose()
    {
        foreach ((_, AtomicFile file) in _files) file.Dispose();
    }

    private void BeginData()
    {
        if (_completed) throw new InvalidOperationException("The model is already complete.");
        if (_dataBegun) return;

        _dataBegun = true;
        List<SafetensorsShardPlan> plans = Plan();
        Dictionary<string, string> shardOf = new(StringComparer.Ordinal);
        for (int i = 0; i < plans.Count; i++)
        {
            string path = ShardPath(i, plans.Count);
            AtomicFile file = Open(path);
            (byte[] head, Dictionary<string, long> offsets) = plans[i].Layout(_metadata);
            RandomAccess.Write(file.Stream.SafeFileHandle, head, 0);
            foreach (Declared tensor in plans[i].Tensors)
            {
                _targets.Add(tensor.Name, new Target(file, offsets[tensor.Name], tensor.Bytes));
                shardOf.Add(tensor.Name, Path.GetFileName(path));
            }
        }

        if (plans.Count > 1) WriteIndex(shardOf, plans.Sum(p => p.DataBytes));
    }

    /// <summary>Fills shards in declared order.</summary>
    private List<SafetensorsShardPlan> Plan()
    {
        List<SafetensorsShardPlan> plans = [new()];
        foreach (Declared tensor in _declared)
        {
            if (plans[^1].DataBytes > 0 && tensor.Bytes > _maxShardBytes - plans[^1].DataBytes) plans.Add(new());
            plans[^1].Add(tensor);
        }

        return plans;
    }

    private string ShardPath(int index, int count) =>
        _maxShardBytes is null ? _path
        : count == 1 ? Path.Combine(_path, SingleFile)
        : Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"model-{index + 1:D5}-of-{count:D5}.safetensors"));

    private AtomicFile Open(string path)
    {
        AtomicFile file = new(path);
        _files.Add((path, file));
        return file;
    }

    private void WriteIndex(Dictionary<string, string> shardOf, long totalBytes)
    {
        AtomicFile file = Open(Path.Combine(_path, SafetensorsIndex.FileName));
        using Utf8JsonWriter json = new(file.Stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", totalBytes);
        json.WriteEndObject();
        json.WriteStartObject(SafetensorsIndex.WeightMapKey);
        foreach ((string name, string shard) in shardOf) json.WriteString(name, shard);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
