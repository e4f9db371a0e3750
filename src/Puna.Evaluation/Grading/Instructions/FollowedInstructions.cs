namespace Puna.Evaluation.Grading.Instructions;

/// <summary>Which instructions of a prompt an answer follows.</summary>
/// <param name="Strict">Per instruction, whether the answer as it is follows it.</param>
/// <param name="Loose">Per instruction, whether any of eight variants of the answer does.</param>
internal sealed record FollowedInstructions(IReadOnlyList<bool> Strict, IReadOnlyList<bool> Loose)
{
    /// <summary>Prompt level: all instructions are followed.</summary>
    public bool AllStrict => Strict.All(followed => followed);

    /// <summary>Prompt level, loose.</summary>
    public bool AllLoose => Loose.All(followed => followed);
}
