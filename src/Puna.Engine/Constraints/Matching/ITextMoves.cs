namespace Puna.Engine.Constraints.Matching;

/// <summary>Which characters may follow at a place in a text. Moves after which the text cannot be completed do not count.</summary>
internal interface ITextMoves
{
    /// <summary>Takes a character; false when it is not allowed.</summary>
    bool TryMove(int state, int count, int codePoint, out int nextState, out int nextCount);

    /// <summary>Takes any character from low to high, if it makes no difference which.</summary>
    bool TryMoveBlock(int state, int count, int low, int high, out int nextState, out int nextCount);

    /// <summary>Whether some character from low to high is allowed.</summary>
    bool CanMove(int state, int count, int low, int high);

    /// <summary>Whether the text may end.</summary>
    bool CanClose(int state, int count);
}
