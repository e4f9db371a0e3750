namespace Puna.Tests.Models;

/// <summary>A temporary folder with the tiny models, written when asked for. A fixture: the tests of a class share it.</summary>
public sealed class TinyModelFolder : IDisposable
{
    /// <summary>For loading them: models this small gain nothing by threads, and tests already run side by side.</summary>
    internal static PunaModelOptions OneThread { get; } = new() { Threads = 1 };

    private readonly string _root = Directory.CreateTempSubdirectory("puna-tiny-").FullName;
    private readonly Lock _lock = new();

    /// <summary>File of <see cref="TinyModel.Llama"/>.</summary>
    public string Llama => Path("llama.gguf", TinyModel.Llama);

    /// <summary>File of <see cref="TinyModel.Llama4"/>.</summary>
    public string Llama4 => Path("llama4.gguf", TinyModel.Llama4);

    /// <summary>A file of another model, written once per name.</summary>
    internal string Path(string fileName, TinyModel model)
    {
        string path = System.IO.Path.Combine(_root, fileName);
        lock (_lock) return File.Exists(path) ? path : model.Write(path);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
