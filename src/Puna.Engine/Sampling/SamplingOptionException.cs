namespace Puna.Engine.Sampling;

/// <summary>A sampling option has a value outside its range, or contradicts another option.</summary>
public sealed class SamplingOptionException : ArgumentException
{
    /// <summary>An error about one option.</summary>
    /// <param name="option">Name of the option, as the property is called.</param>
    /// <param name="value">The value found, written in the invariant culture.</param>
    /// <param name="allowed">What would be accepted.</param>
    internal SamplingOptionException(string option, string value, string allowed)
        : base($"{option} is {value}; allowed: {allowed}.")
    {
        Option = option;
        Value = value;
        Allowed = allowed;
    }

    /// <summary>Name of the option.</summary>
    public string Option { get; }

    /// <summary>The value found.</summary>
    public string Value { get; }

    /// <summary>What would be accepted.</summary>
    public string Allowed { get; }
}
