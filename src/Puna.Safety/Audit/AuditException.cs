namespace Puna.Safety.Audit;

/// <summary>Records cannot be continued: they are damaged, or another process writes them.</summary>
public sealed class AuditException(string message, Exception? inner = null) : IOException(message, inner);
