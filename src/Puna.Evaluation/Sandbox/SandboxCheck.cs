namespace Puna.Evaluation.Sandbox;

/// <summary>One thing that a program tries in the sandbox.</summary>
/// <param name="Name">What it tries.</param>
/// <param name="Contained">Whether the sandbox dealt with it as it must.</param>
/// <param name="Detail">What happened.</param>
public sealed record SandboxCheck(string Name, bool Contained, string Detail);
