namespace Puna.Conversion;

/// <summary>A conversion that is refused or cannot be done. The message says what, where and what to do; no file was left behind.</summary>
public sealed class ConversionException(string message, Exception? innerException = null) : Exception(message, innerException);
