namespace Puna.Engine.Constraints;

/// <summary>A schema, pattern or grammar that cannot be enforced exactly. It is refused; nothing is generated without it.</summary>
public sealed class ConstraintException : Exception
{
    /// <summary>An error that names the place and the reason.</summary>
    /// <param name="pointer">JSON Pointer of the keyword in a schema ("" is the whole of it), or <c>line:column</c> in a grammar.</param>
    /// <param name="reason">What is wrong there and what to do.</param>
    /// <param name="innerException">What caused it, or null.</param>
    public ConstraintException(string pointer, string reason, Exception? innerException = null)
        : base(pointer.Length == 0 ? reason : $"{pointer}: {reason}", innerException)
    {
        Pointer = pointer;
        Reason = reason;
    }

    /// <summary>JSON Pointer of the keyword in a schema ("" is the whole of it), or <c>line:column</c> in a grammar.</summary>
    public string Pointer { get; }

    /// <summary>What is wrong there and what to do.</summary>
    public string Reason { get; }
}
