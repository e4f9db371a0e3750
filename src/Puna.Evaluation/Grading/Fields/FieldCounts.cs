namespace Puna.Evaluation.Grading.Fields;

/// <summary>Counts of fields, and the rates made of them.</summary>
/// <param name="TruePositives">Fields that are right.</param>
/// <param name="FalsePositives">Fields that were predicted wrongly or out of nothing.</param>
/// <param name="FalseNegatives">Fields that were predicted wrongly or not at all.</param>
internal readonly record struct FieldCounts(int TruePositives, int FalsePositives, int FalseNegatives)
{
    public static FieldCounts Of(IEnumerable<FieldOutcome> outcomes, bool exact = false)
    {
        int right = 0, falsePositives = 0, falseNegatives = 0;
        foreach (FieldOutcome outcome in outcomes)
        {
            bool same = exact ? outcome.Exact : outcome.Verdict == FieldVerdict.Right;
            if (same) right++;
            if (!same && outcome.Verdict != FieldVerdict.Missing) falsePositives++;
            if (!same && outcome.Verdict != FieldVerdict.Hallucinated) falseNegatives++;
        }

        return new FieldCounts(right, falsePositives, falseNegatives);
    }

    /// <summary>Right among predicted; 1 where nothing was predicted and nothing expected.</summary>
    public double Precision => Rate(TruePositives, TruePositives + FalsePositives);

    /// <summary>Right among expected.</summary>
    public double Recall => Rate(TruePositives, TruePositives + FalseNegatives);

    public double F1 => Rate(2 * TruePositives, 2 * TruePositives + FalsePositives + FalseNegatives);

    private double Rate(int part, int whole) => whole > 0 ? (double)part / whole : FalsePositives + FalseNegatives == 0 ? 1 : 0;
}
