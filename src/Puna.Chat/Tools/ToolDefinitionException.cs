namespace Puna.Chat.Tools;

/// <summary>A tool cannot be offered to a model as it is defined.</summary>
public sealed class ToolDefinitionException : ArgumentException
{
    internal ToolDefinitionException(string member, string reason)
        : base($"{member} {reason}")
    {
        Member = member;
        Reason = reason;
    }

    /// <summary>The part at fault: <c>name</c>, or a place in <c>parameters</c> such as <c>parameters.properties.city</c>.</summary>
    public string Member { get; }

    /// <summary>What is wrong with it and what is needed; goes on after the member's name.</summary>
    public string Reason { get; }
}
