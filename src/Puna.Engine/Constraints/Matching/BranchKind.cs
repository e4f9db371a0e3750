namespace Puna.Engine.Constraints.Matching;

/// <summary>What a branch of the tree of tokens contains besides ASCII.</summary>
[Flags]
internal enum BranchKind : byte
{
    None = 0,

    /// <summary>Bytes above 127.</summary>
    NonAscii = 1,

    /// <summary>Tokens that begin or end inside a character.</summary>
    Partial = 2,
}
