using System.Globalization;

namespace Puna.Engine.Sampling;

/// <summary>The model produced a logit that is not a number or is positive infinity: no distribution exists.</summary>
public sealed class InvalidLogitsException : Exception
{
    /// <summary>An error about the first bad logit of a row.</summary>
    internal InvalidLogitsException(int tokenId, float value)
        : base($"The model produced the logit {value.ToString(CultureInfo.InvariantCulture)} for token {tokenId.ToString(CultureInfo.InvariantCulture)}; " +
            "a logit must be finite or negative infinity. The weights are damaged or an operation overflowed: verify the model file's checksum, then compare with the reference backend.")
    {
        TokenId = tokenId;
        Value = value;
    }

    /// <summary>Index of the logit in the row.</summary>
    public int TokenId { get; }

    /// <summary>NaN or positive infinity.</summary>
    public float Value { get; }
}
