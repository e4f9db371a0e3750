namespace Puna;

/// <summary>
/// A chat request asks for something that this client cannot do. Nothing is left out in silence: the request fails and
/// says which part of it to change.
/// </summary>
public sealed class UnsupportedChatFeatureException : NotSupportedException
{
    /// <summary>A refusal of one part of a request.</summary>
    /// <param name="member">The part, such as <c>ChatOptions.ResponseFormat</c> or <c>messages[2].Contents[0]</c>.</param>
    /// <param name="reason">Why it cannot be honoured, and what to do.</param>
    internal UnsupportedChatFeatureException(string member, string reason)
        : base($"{member} cannot be honoured: {reason}") => Member = member;

    /// <summary>The part of the request.</summary>
    public string Member { get; }
}
