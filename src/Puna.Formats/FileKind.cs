namespace Puna.Formats;

/// <summary>The kinds of file a reader here can expect.</summary>
internal enum FileKind
{
    Gguf,
    Safetensors,
    Json,
}
