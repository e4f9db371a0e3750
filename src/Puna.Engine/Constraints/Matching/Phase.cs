namespace Puna.Engine.Constraints.Matching;

/// <summary>Places inside an object or an array, and inside a text.</summary>
internal static class Phase
{
    /// <summary>Before the opening bracket, or before the opening quotation mark.</summary>
    internal const int Start = 0;

    /// <summary>Inside a text.</summary>
    internal const int Inside = 1;

    /// <summary>Behind the opening bracket: the first key or item, or the end.</summary>
    internal const int First = 2;

    /// <summary>Behind a value: a comma, or the end.</summary>
    internal const int Next = 3;

    /// <summary>Behind a comma: a key or an item.</summary>
    internal const int Due = 4;

    /// <summary>Behind a key: the colon.</summary>
    internal const int Colon = 5;

    /// <summary>Behind the colon: the value.</summary>
    internal const int Value = 6;

    /// <summary>Where a value returns to: whitespace, then <see cref="Next"/>.</summary>
    internal const int After = 7;
}
