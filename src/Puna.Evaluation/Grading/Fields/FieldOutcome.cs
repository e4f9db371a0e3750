namespace Puna.Evaluation.Grading.Fields;

/// <summary>What became of a field.</summary>
internal enum FieldVerdict
{
    /// <summary>Predicted and equal.</summary>
    Right,

    /// <summary>Predicted, but another value than the reference: counts against precision and recall.</summary>
    Wrong,

    /// <summary>In the reference, not predicted.</summary>
    Missing,

    /// <summary>Predicted where the reference has nothing.</summary>
    Hallucinated,
}

/// <summary>A field of a document and what became of it.</summary>
/// <param name="Path">Where it is, indices of arrays left out: <c>lines[].price</c>.</param>
/// <param name="Verdict">What became of it under the comparison of its kind.</param>
/// <param name="Exact">Whether the value is the reference to the character.</param>
internal readonly record struct FieldOutcome(string Path, FieldVerdict Verdict, bool Exact);
