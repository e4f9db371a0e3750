namespace Puna.Engine.Sampling;

/// <summary>What <see cref="LogitBlocks.Sum"/> found in a range of logits.</summary>
/// <param name="Mass">Sum of the weights w = e^d.</param>
/// <param name="Moment">Sum of w * d, from which the entropy follows.</param>
/// <param name="Count">Tokens in the range.</param>
internal readonly record struct RangeSum(double Mass, double Moment, int Count);
