namespace Puna.Engine.Sampling;

/// <summary>A leading part of the row in order of rank (larger logits first, lower ids first among equals), named by its last token.</summary>
/// <param name="Logit">Logit of the last token.</param>
/// <param name="Id">Id of the last token.</param>
internal readonly record struct RankCut(float Logit, int Id)
{
    /// <summary>All tokens that are not banned.</summary>
    public static RankCut All => new(float.MinValue, int.MaxValue);

    /// <summary>Whether a token belongs to the part.</summary>
    public bool Contains(int id, float logit) => (logit > Logit) | ((logit == Logit) & (id <= Id));
}
