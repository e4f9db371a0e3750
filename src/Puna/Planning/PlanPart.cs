namespace Puna.Planning;

/// <summary>A part of a model's weights.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Bytes">Bytes it has.</param>
/// <param name="BytesPerToken">Bytes of it that generating one token reads.</param>
/// <param name="Parameters">Weights it has.</param>
public sealed record PlanPart(string Name, long Bytes, long BytesPerToken, long Parameters);
