namespace Puna.Models;

/// <summary>A model's settings or weights do not fit together, or ask for something that is not supported.</summary>
public sealed class ModelException : Exception
{
    /// <summary>A problem found in <paramref name="origin"/>.</summary>
    public ModelException(string origin, string message)
        : base($"{origin}: {message}") => Origin = origin;

    /// <summary>File or directory the model came from.</summary>
    public string Origin { get; }
}
