namespace Puna.Tensors.Quantization;

/// <summary>A value cannot be stored in the element type asked for: not finite, or beyond the range of the format's scales.</summary>
public sealed class QuantizationException : ArgumentException
{
    /// <summary>Another place where a value has no form in the type, such as an activation that a kernel rounds.</summary>
    public QuantizationException(string message)
        : base(message)
    {
    }

    internal QuantizationException(ElementType type, int index, float value, float limit)
        : base(float.IsFinite(value)
            ? $"Value {value:R} at index {index} is beyond the ±{limit:R} that {type.Name()} can store. Choose a wider type, such as F32."
            : $"Value {value} at index {index} is not finite and has no {type.Name()} form. The source weights are damaged: check where they come from.")
    {
        Index = index;
        Value = value;
    }

    /// <summary>Index of the first offending value in the source; 0 where the message names another place.</summary>
    public int Index { get; }

    /// <summary>The value found there.</summary>
    public float Value { get; }
}
