namespace Puna.Server.Serving;

/// <summary>A model that was good when the server started cannot be loaded.</summary>
internal sealed class ModelLoadException(string id, Exception inner) : Exception($"The model '{id}' cannot be loaded: {inner.Message}", inner)
{
    internal string Id => id;
}
