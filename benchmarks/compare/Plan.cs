namespace Puna.Compare;

/// <summary>What one turn of an engine does.</summary>
/// <param name="PromptTokens">Tokens of a prompt.</param>
/// <param name="GenerateTokens">Tokens generated, one by one.</param>
/// <param name="Repetitions">How often.</param>
public sealed record Workload(int PromptTokens, int GenerateTokens, int Repetitions);

/// <summary>What to compare: a row for every model, thread count, depth and number of sequences.</summary>
/// <param name="Models">Paths.</param>
/// <param name="Threads">Thread counts.</param>
/// <param name="Depths">Tokens in the cache before each repetition.</param>
/// <param name="Batches">Sequences that generate side by side; a rate of generation is their sum.</param>
/// <param name="Workload">What a turn does.</param>
/// <param name="Rounds">Turns of each engine.</param>
public sealed record Plan(string[] Models, int[] Threads, int[] Depths, int[] Batches, Workload Workload, int Rounds);

/// <summary>What an engine reports of one turn.</summary>
/// <param name="LoadSeconds">Time to load the model.</param>
/// <param name="Prefill">Prompt tokens a second, a number for each repetition.</param>
/// <param name="Decode">Generated tokens a second, likewise.</param>
/// <param name="PeakMegabytes">Largest resident memory, mapped file pages included.</param>
public sealed record Turn(double LoadSeconds, double[] Prefill, double[] Decode, double PeakMegabytes);
