namespace Puna.Engine.Constraints.Matching;

/// <summary>What a byte did to a text.</summary>
internal enum TextMove
{
    /// <summary>Nothing can follow.</summary>
    Dead,

    /// <summary>The text goes on.</summary>
    Inside,

    /// <summary>The closing quotation mark was read.</summary>
    Closed,
}
