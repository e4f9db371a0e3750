namespace Puna.Evaluation.Grading.Fields;

/// <summary>The fields of one document.</summary>
/// <param name="Parsed">Whether the answer was JSON; where it was not, every expected field is missing.</param>
/// <param name="Outcomes">Every field that was expected or predicted.</param>
internal sealed record FieldScore(bool Parsed, IReadOnlyList<FieldOutcome> Outcomes)
{
    /// <summary>Counts under the comparison of each field's kind.</summary>
    public FieldCounts Normalized => FieldCounts.Of(Outcomes);

    /// <summary>Counts to the character.</summary>
    public FieldCounts Exact => FieldCounts.Of(Outcomes, exact: true);

    /// <summary>Whether every field is right and none was made up.</summary>
    public bool WholeDocument => Parsed && Outcomes.All(outcome => outcome.Verdict == FieldVerdict.Right);

    /// <summary>Fields predicted where the reference has nothing.</summary>
    public int Hallucinated => Outcomes.Count(outcome => outcome.Verdict == FieldVerdict.Hallucinated);

    /// <summary>F1 of each field over many documents, for the average in which every field counts once.</summary>
    public static IReadOnlyDictionary<string, double> ByField(IEnumerable<FieldScore> documents) =>
        documents.SelectMany(document => document.Outcomes).GroupBy(outcome => outcome.Path, StringComparer.Ordinal)
            .ToDictionary(field => field.Key, field => FieldCounts.Of(field).F1, StringComparer.Ordinal);
}
