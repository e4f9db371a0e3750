namespace Puna.Training.Model;

/// <summary>Some sequences laid end to end. Attention never crosses from one to the next.</summary>
/// <param name="Tokens">Ids of all sequences.</param>
/// <param name="Lengths">Tokens in each sequence.</param>
/// <param name="Weights">By token: how much predicting the token after it counts; 0 for the last of a sequence.</param>
public sealed record TokenBatch(int[] Tokens, int[] Lengths, float[] Weights);
