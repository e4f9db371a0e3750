namespace Puna.Safety;

/// <summary>A guard's answer cannot be relied on: the model did not answer with a verdict, or with no number.</summary>
public sealed class GuardFailureException(string message) : Exception(message);
