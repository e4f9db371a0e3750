namespace Puna.Engine.Sampling;

/// <summary>A token that may still be drawn.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Logit">Logit after bias, mask and penalties.</param>
/// <param name="Key">What the current step ranks by: the logit, except in typical-p.</param>
/// <param name="Weight">Unnormalized probability, e^((logit - reference) / T).</param>
internal record struct Candidate(int Id, float Logit, float Key, float Weight)
{
    /// <summary>The one order of all steps: larger key first, lower id first among equals. Strict, since ids are distinct.</summary>
    public readonly bool Precedes(in Candidate other) => (Key > other.Key) | ((Key == other.Key) & (Id < other.Id));

    /// <summary><see cref="Precedes"/> for a sort.</summary>
    public static readonly Comparison<Candidate> Order = static (a, b) => a.Precedes(b) ? -1 : b.Precedes(a) ? 1 : 0;
}
