namespace Puna.Evaluation.Runs;

/// <summary>How far a run has come.</summary>
/// <param name="Done">Answers that are there.</param>
/// <param name="Total">Answers that are wanted.</param>
/// <param name="Resumed">Those of them that an earlier start of the run left.</param>
/// <param name="Elapsed">Time since this start.</param>
public readonly record struct RunProgress(int Done, int Total, int Resumed, TimeSpan Elapsed)
{
    /// <summary>Answers per second of this start; 0 before the first.</summary>
    public double Rate => Done > Resumed && Elapsed > TimeSpan.Zero ? (Done - Resumed) / Elapsed.TotalSeconds : 0;

    /// <summary>Time that the rest takes at this rate; null before the first answer.</summary>
    public TimeSpan? Remaining => Rate > 0 ? TimeSpan.FromSeconds((Total - Done) / Rate) : null;
}
