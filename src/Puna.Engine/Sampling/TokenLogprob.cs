namespace Puna.Engine.Sampling;

/// <summary>A token and the natural logarithm of its probability under the model's own distribution.</summary>
public readonly record struct TokenLogprob(int Id, float Logprob);
