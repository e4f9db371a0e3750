namespace Puna.Evaluation.Sandbox;

/// <summary>How a program did.</summary>
internal enum CodeOutcome
{
    /// <summary>Every test held.</summary>
    Passed,

    /// <summary>A test did not hold, or the program threw or cannot be compiled.</summary>
    Failed,

    /// <summary>It did not end in time, twice: once among others and once again.</summary>
    TimedOut,

    /// <summary>It took more memory than allowed.</summary>
    OutOfMemory,

    /// <summary>It ended before its tests did, whatever its exit code says, or wrote past its limit.</summary>
    Crashed,
}

/// <summary>The verdict on a program.</summary>
/// <param name="Outcome">How it did.</param>
/// <param name="Detail">What happened, for the report.</param>
internal readonly record struct CodeVerdict(CodeOutcome Outcome, string Detail)
{
    public bool Passed => Outcome == CodeOutcome.Passed;
}
