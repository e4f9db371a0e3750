namespace Puna.Extraction.Evidence;

/// <summary>How a value is found in a document.</summary>
public enum EvidenceMatch
{
    /// <summary>Written as the value is, to the character.</summary>
    Exact,

    /// <summary>The same text but for case, whitespace, and the kind of quotes and dashes.</summary>
    Spelling,

    /// <summary>The same number, written otherwise: <c>1.234,50</c> for 1234.5, <c>15 %</c> for 0.15.</summary>
    Number,

    /// <summary>The same day, written otherwise: <c>14 March 2026</c> for <c>2026-03-14</c>.</summary>
    Date,
}
