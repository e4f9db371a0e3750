namespace Puna.Evaluation.Grading;

/// <summary>What an extractor read from an answer, and the rule that read it.</summary>
/// <param name="Value">The answer, null where no rule matched: a result of its own, counted apart from wrong answers.</param>
/// <param name="Rule">Name of the rule that matched, <c>none</c> where none did.</param>
internal readonly record struct Extraction(string? Value, string Rule)
{
    public static Extraction None => new(null, "none");

    public bool Found => Value is not null;
}
