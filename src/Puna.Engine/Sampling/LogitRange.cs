namespace Puna.Engine.Sampling;

/// <summary>The logits x with <paramref name="Low"/> ≤ x ≤ <paramref name="High"/>; both are finite, so banned tokens are outside every range.</summary>
internal readonly record struct LogitRange(float Low, float High);
