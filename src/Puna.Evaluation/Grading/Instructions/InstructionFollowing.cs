namespace Puna.Evaluation.Grading.Instructions;

/// <summary>Grades answers to IFEval's prompts with its 25 checkers.</summary>
internal static class InstructionFollowing
{
    /// <exception cref="EvaluationException">An instruction is unknown or lacks an argument.</exception>
    public static FollowedInstructions Grade(string answer, IReadOnlyList<Instruction> instructions)
    {
        string[] variants = Variants(answer);
        return new FollowedInstructions(
            [.. instructions.Select(instruction => Follows(answer, instruction))],
            [.. instructions.Select(instruction => variants.Any(variant => Follows(variant, instruction)))]);
    }

    private static bool Follows(string answer, Instruction instruction) => !string.IsNullOrWhiteSpace(answer) && InstructionCheckers.Check(instruction, answer);

    // The answer, without its first line, without its last, without both; and the same four without asterisks.
    private static string[] Variants(string answer)
    {
        string[] lines = answer.Split('\n');
        string[] plain =
        [
            answer,
            string.Join('\n', lines.Skip(1)).Trim(),
            string.Join('\n', lines.SkipLast(1)).Trim(),
            string.Join('\n', lines.Skip(1).SkipLast(1)).Trim(),
        ];
        return [.. plain, .. plain.Select(variant => variant.Replace("*", "", StringComparison.Ordinal))];
    }
}
