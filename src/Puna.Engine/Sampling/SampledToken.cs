namespace Puna.Engine.Sampling;

/// <summary>What one call of <see cref="Sampler.Sample"/> chose.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logprob">Natural logarithm of the token's probability, or null where log-probabilities are off.</param>
/// <param name="TopLogprobCount">Alternatives written to the caller's span.</param>
public readonly record struct SampledToken(int Id, float? Logprob, int TopLogprobCount);
