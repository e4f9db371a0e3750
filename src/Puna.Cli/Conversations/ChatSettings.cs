using System.Globalization;
using Puna.Engine.Constraints;
using Puna.Engine.Sampling;

namespace Puna.Cli.Conversations;

/// <summary>How answers are made; <c>/set</c> changes them between turns.</summary>
internal sealed class ChatSettings(SamplingOptions sampling, int? maxTokens, Constraint? constraint = null)
{
    private const string None = "none";

    internal static readonly string[] Names = ["temperature", "top-p", "top-k", "min-p", "repeat-penalty", "seed", "max-tokens"];

    internal SamplingOptions Sampling { get; private set; } = sampling;

    /// <summary>Form of every answer, or null.</summary>
    internal Constraint? Constraint { get; } = constraint;

    internal int? MaxTokens { get; private set; } = maxTokens;

    /// <summary>Changes one setting.</summary>
    /// <exception cref="UsageException">There is no such setting, or the value is no number.</exception>
    /// <exception cref="SamplingOptionException">The value is out of range.</exception>
    internal void Set(string name, string value)
    {
        switch (name)
        {
            case "temperature": Sampling = Sampling with { Temperature = Float() }; break;
            case "top-p": Sampling = Sampling with { TopP = Float() }; break;
            case "top-k": Sampling = Sampling with { TopK = Whole(0) }; break;
            case "min-p": Sampling = Sampling with { MinP = Float() }; break;
            case "repeat-penalty": Sampling = Sampling with { RepetitionPenalty = Float() }; break;
            case "seed": Sampling = Sampling with { Seed = value == None ? null : Seed() }; break;
            case "max-tokens": MaxTokens = value == None ? null : Whole(1); break;
            default: throw new UsageException($"/set {name}: there is no such setting; there are {string.Join(", ", Names)}.");
        }

        float Float() => float.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out float number)
            ? number : throw new UsageException($"/set {name} {value}: a number is needed, such as 0.7.");

        int Whole(int least) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least
            ? number : throw new UsageException($"/set {name} {value}: a whole number from {least} on is needed{(name == "max-tokens" ? ", or none" : "")}.");

        ulong Seed() => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number : throw new UsageException($"/set seed {value}: a whole number is needed, or none for another one every time.");
    }

    /// <summary>The settings on one line, as <c>/set</c> takes them.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"temperature {Sampling.Temperature}, top-p {Sampling.TopP}, top-k {Sampling.TopK}, min-p {Sampling.MinP}, repeat-penalty {Sampling.RepetitionPenalty}, seed {Sampling.Seed?.ToString(CultureInfo.InvariantCulture) ?? None}, max-tokens {MaxTokens?.ToString(CultureInfo.InvariantCulture) ?? None}");
}
