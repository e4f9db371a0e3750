using System.Diagnostics.CodeAnalysis;
using Puna.Tensors;
using Puna.Tensors.Storage;

namespace Puna.Formats.Safetensors;

/// <summary>
/// An open safetensors model of one or several files. The files are mapped, their headers validated in full, tensor data
/// neither read nor copied. Tensors are valid until <see cref="Dispose"/>; the files must not be changed while open.
/// Reading is safe from several threads.
/// </summary>
/// <remarks>
/// A dtype outside the format is refused when the model is opened. One of the format that has no
/// <see cref="ElementType"/> (unsigned integers, BOOL, …), and a tensor without elements, is listed in
/// <see cref="Entries"/> but not in <see cref="Tensors"/>, and refused when asked for as a tensor.
/// </remarks>
public sealed class SafetensorsModel : IModelFile
{
    private const string SingleFile = "model.safetensors";

    private readonly List<SafetensorsEntry> _entries = [];
    private readonly List<Tensor> _tensors = [];
    private readonly Dictionary<string, SafetensorsEntry> _entryByName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _tensorByName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NativeStorage> _storageByPath = new(StringComparer.Ordinal);

    private SafetensorsModel(string path, IReadOnlyList<SafetensorsShard> shards)
    {
        Path = path;
        Shards = [.. shards.Select(s => s.Path)];
        Metadata = shards[0].Metadata;
        foreach (SafetensorsShard shard in shards) AddShard(shard);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>Paths of the files that hold the tensors, in the order they were opened.</summary>
    public IReadOnlyList<string> Shards { get; }

    /// <summary>The free-form strings in the header of the first file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>What the headers say about every tensor, file by file in header order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Tensors => _tensors;

    /// <inheritdoc/>
    public long TensorBytes { get; private set; }

    /// <summary>
    /// Opens a <c>.safetensors</c> file, an index (<c>….index.json</c>) with the shards beside it, or a folder with a
    /// <c>model.safetensors</c> or a <c>model.safetensors.index.json</c>.
    /// </summary>
    /// <exception cref="ModelFileException">A file breaks the format, a shard is missing, or index and shards disagree.</exception>
    /// <exception cref="IOException">The operating system refuses a file.</exception>
    public static SafetensorsModel Open(string directoryOrFile)
    {
        string file = Directory.Exists(directoryOrFile) ? FindIn(directoryOrFile) : directoryOrFile;
        List<NativeStorage> mapped = [];
        try
        {
            IReadOnlyList<SafetensorsShard> shards = file.EndsWith(SafetensorsIndex.Suffix, StringComparison.OrdinalIgnoreCase)
                ? OpenShards(file, mapped)
                : [OpenShard(file, mapped)];
            return new SafetensorsModel(directoryOrFile, shards);
        }
        catch
        {
            foreach (NativeStorage storage in mapped) storage.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryGetTensor(string name, [NotNullWhen(true)] out Tensor? tensor)
    {
        if (_tensorByName.TryGetValue(name, out tensor)) return true;
        if (!_entryByName.TryGetValue(name, out SafetensorsEntry? entry)) return false;

        string problem = entry.Type is null ? $"dtype {entry.Dtype} is readable as raw bytes only" : "it has no elements";
        throw new ModelFileException(entry.Location.Path, $"tensor {ModelFileException.Quote(name)}: {problem}", entry.Location.Offset, name,
            found: entry.Dtype, limit: string.Join(", ", SafetensorsDtypes.All.Where(d => d.Type is not null).Select(d => d.Name)),
            remedy: "Use a model whose weights have one of the types known here.");
    }

    /// <summary>The tensor of this name.</summary>
    /// <exception cref="ModelFileException">There is none, or no element type stands for its dtype.</exception>
    public Tensor GetTensor(string name) => TryGetTensor(name, out Tensor? tensor) ? tensor : throw Missing(name);

    /// <inheritdoc/>
    public TensorLocation Locate(string name) => Find(name).Location;

    /// <summary>The bytes of a tensor of any dtype, in the mapped file.</summary>
    /// <exception cref="ModelFileException">There is no tensor of this name.</exception>
    /// <exception cref="OverflowException">It has more bytes than a span can hold.</exception>
    public ReadOnlySpan<byte> GetBytes(string name)
    {
        TensorLocation location = Find(name).Location;
        return _storageByPath[location.Path].Slice(location.Offset, checked((int)location.Bytes));
    }

    /// <summary>Unmaps the files. Every tensor and every span taken from this model is invalid afterwards.</summary>
    public void Dispose()
    {
        foreach (NativeStorage storage in _storageByPath.Values) storage.Dispose();
    }

    private static string FindIn(string directory)
    {
        string single = System.IO.Path.Combine(directory, SingleFile);
        string index = System.IO.Path.Combine(directory, SafetensorsIndex.FileName);
        return File.Exists(single) ? single : File.Exists(index) ? index : throw new ModelFileException(directory,
            $"the folder holds neither {SingleFile} nor {SafetensorsIndex.FileName}", remedy: "Name the folder of a downloaded model, or the .safetensors file itself.");
    }

    private static SafetensorsShard OpenShard(string path, List<NativeStorage> mapped)
    {
        NativeStorage storage = ModelFileMapping.Map(path);
        mapped.Add(storage);
        return SafetensorsShardReader.Read(path, storage);
    }

    private static List<SafetensorsShard> OpenShards(string indexPath, List<NativeStorage> mapped)
    {
        Dictionary<string, string> shardOf = SafetensorsIndex.Read(indexPath);
        if (shardOf.Count == 0)
            throw new ModelFileException(indexPath, "$.weight_map is empty", field: "$.weight_map", remedy: "The index is damaged: download it again.");

        string folder = System.IO.Path.GetDirectoryName(indexPath) ?? "";
        string[] names = [.. shardOf.Values.Distinct(StringComparer.Ordinal)];
        foreach (string name in names)
        {
            if (!File.Exists(System.IO.Path.Combine(folder, name)))
            {
                throw new ModelFileException(indexPath, $"the shard {ModelFileException.Quote(name)} is missing beside the index", field: name,
                    remedy: "Download the missing file into the same folder.");
            }
        }

        List<SafetensorsShard> shards = [];
        int found = 0;
        foreach (string name in names)
        {
            SafetensorsShard shard = OpenShard(System.IO.Path.Combine(folder, name), mapped);
            shards.Add(shard);
            foreach (SafetensorsEntry entry in shard.Entries) CheckListed(indexPath, shardOf, name, entry);
            found += shard.Entries.Count;
        }

        if (found < shardOf.Count) throw NotInShard(indexPath, shardOf, shards);
        return shards;
    }

    private static void CheckListed(string indexPath, Dictionary<string, string> shardOf, string shard, SafetensorsEntry entry)
    {
        if (shardOf.TryGetValue(entry.Name, out string? listed) && listed == shard) return;

        throw new ModelFileException(entry.Location.Path,
            $"tensor {ModelFileException.Quote(entry.Name)} is in this shard; the index {(listed is null ? "does not list it" : $"places it in {ModelFileException.Quote(listed)}")}",
            field: entry.Name, found: shard, limit: listed, remedy: $"{System.IO.Path.GetFileName(indexPath)} and the shards are of different models: download all of them again.");
    }

    private static ModelFileException NotInShard(string indexPath, Dictionary<string, string> shardOf, List<SafetensorsShard> shards)
    {
        HashSet<string> present = [.. shards.SelectMany(s => s.Entries).Select(e => e.Name)];
        (string name, string shard) = shardOf.First(pair => !present.Contains(pair.Key));
        return new ModelFileException(indexPath, $"tensor {ModelFileException.Quote(name)} is listed in {ModelFileException.Quote(shard)}, which does not hold it",
            field: name, found: "absent", limit: shard, remedy: "The index and the shards are of different models: download all of them again.");
    }

    private unsafe void AddShard(SafetensorsShard shard)
    {
        _storageByPath.Add(shard.Path, shard.Storage);
        foreach (SafetensorsEntry entry in shard.Entries)
        {
            _entries.Add(entry);
            _entryByName.Add(entry.Name, entry);
            TensorBytes += entry.Location.Bytes;
            if (!entry.IsTensor) continue;

            long[] shape = entry.Shape.Count == 0 ? [1] : [.. entry.Shape]; // a scalar is a vector of one here
            Tensor tensor = new(entry.Name, entry.Type!.Value, shape, shard.Storage.Pointer + entry.Location.Offset);
            _tensors.Add(tensor);
            _tensorByName.Add(entry.Name, tensor);
        }
    }

    private SafetensorsEntry Find(string name) => _entryByName.TryGetValue(name, out SafetensorsEntry? entry) ? entry : throw Missing(name);

    private ModelFileException Missing(string name) => new(
        Path, $"tensor {ModelFileException.Quote(name)} is missing", field: name, remedy: "The model is incomplete or of another architecture.");
}
