namespace Puna.Tests.Fidelity;

/// <summary>A temporary folder of random models, each written when first asked for. A fixture: the tests of a class share it.</summary>
public sealed class RandomModelFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("puna-fidelity-").FullName;
    private readonly Dictionary<RandomModel, (string Path, IReadOnlyDictionary<string, double[]> Decoded)> _written = [];
    private readonly Lock _lock = new();

    /// <summary>The file of a model, and the weights in it, decoded, by name.</summary>
    internal (string Path, IReadOnlyDictionary<string, double[]> Decoded) Get(RandomModel model)
    {
        lock (_lock)
        {
            if (_written.TryGetValue(model, out (string Path, IReadOnlyDictionary<string, double[]> Decoded) file)) return file;

            string path = Path.Combine(_root, $"{_written.Count}.gguf");
            return _written[model] = (path, model.Write(path));
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
