namespace Puna.Evaluation.Sandbox;

/// <summary>Why a program in the sandbox ended.</summary>
internal enum SandboxEnd
{
    /// <summary>By itself.</summary>
    Exited,

    /// <summary>Its time was over.</summary>
    Time,

    /// <summary>Its processes held more memory together than allowed.</summary>
    Memory,

    /// <summary>It wrote more than allowed.</summary>
    Output,

    /// <summary>It was no longer needed.</summary>
    Stopped,
}
