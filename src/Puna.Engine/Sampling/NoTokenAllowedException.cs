namespace Puna.Engine.Sampling;

/// <summary>No token has a logit above negative infinity after bias, ban and constraint: there is nothing to draw.</summary>
public sealed class NoTokenAllowedException : Exception
{
    /// <summary>An error that says what removed the tokens.</summary>
    internal NoTokenAllowedException(string message)
        : base(message)
    {
    }
}
