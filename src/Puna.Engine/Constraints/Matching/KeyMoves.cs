namespace Puna.Engine.Constraints.Matching;

/// <summary>The moves of the keys of an <see cref="ObjectForm"/>, of available classes only.</summary>
internal readonly struct KeyMoves(ObjectForm form, KeySet available) : ITextMoves
{
    public bool TryMove(int state, int count, int codePoint, out int nextState, out int nextCount)
    {
        nextState = form.Keys.Next(state, codePoint);
        nextCount = 0;
        return nextState >= 0 && form.CanReach(nextState, available);
    }

    public bool TryMoveBlock(int state, int count, int low, int high, out int nextState, out int nextCount)
    {
        nextState = form.Keys.NextOfBlock(state, low, high);
        nextCount = 0;
        return nextState >= 0 && form.CanReach(nextState, available);
    }

    public bool CanMove(int state, int count, int low, int high)
    {
        if (low > high) return false;
        foreach ((int pieceLow, int pieceHigh, int target) in form.Keys.Pieces(state))
        {
            if (target >= 0 && pieceLow <= high && pieceHigh >= low && form.CanReach(target, available)) return true;
        }

        return false;
    }

    public bool CanClose(int state, int count) => form.Keys.IsAccepting(state) && available.Contains(form.Keys.Label(state));
}
