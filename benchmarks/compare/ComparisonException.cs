namespace Puna.Compare;

/// <summary>The comparison cannot be made; the message says what to do.</summary>
public sealed class ComparisonException(string message) : Exception(message);
