using Puna.Engine.Constraints.Automata;

namespace Puna.Engine.Constraints.Matching;

/// <summary>The moves of a <see cref="TextForm"/>.</summary>
internal readonly struct TextFormMoves(TextForm form) : ITextMoves
{
    public bool TryMove(int state, int count, int codePoint, out int nextState, out int nextCount)
    {
        nextState = form.Dfa.Next(state, codePoint);
        nextCount = form.NextCount(count);
        return nextState >= 0 && form.IsAlive(nextState, nextCount);
    }

    public bool TryMoveBlock(int state, int count, int low, int high, out int nextState, out int nextCount)
    {
        nextState = form.Dfa.NextOfBlock(state, low, high);
        nextCount = form.NextCount(count);
        return nextState >= 0 && form.IsAlive(nextState, nextCount);
    }

    public bool CanMove(int state, int count, int low, int high)
    {
        if (low > high) return false;
        if (!form.Counts) return form.Dfa.CanMove(state, low, high);

        int next = form.NextCount(count);
        foreach ((int pieceLow, int pieceHigh, int target) in form.Dfa.Pieces(state))
        {
            if (target >= 0 && pieceLow <= high && pieceHigh >= low && form.IsAlive(target, next)) return true;
        }

        return false;
    }

    public bool CanClose(int state, int count) => form.CanClose(state, count);
}
