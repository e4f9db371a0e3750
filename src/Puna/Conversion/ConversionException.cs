namespace Puna.Conversion;

/// <summary>A conversion that is refused or cannot be done. The message says what, where and what to do; no file was left behind.</summary>
public sealed class ConversionException : Exception
{
    internal ConversionException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
