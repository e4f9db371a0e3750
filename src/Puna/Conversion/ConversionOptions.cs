namespace Puna.Conversion;

/// <summary>How a model is converted.</summary>
public sealed record ConversionOptions
{
    /// <summary>Threads that decode and encode; null for one per processor. The output does not depend on it.</summary>
    public int? Threads { get; init; }

    /// <summary>Replace an existing output file, once the new one is whole.</summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// Quantize weights that are quantized already to another quantized type. Both errors add up, so this is worse than
    /// quantizing the original weights.
    /// </summary>
    public bool AllowRequantize { get; init; }
}
