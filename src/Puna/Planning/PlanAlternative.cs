namespace Puna.Planning;

/// <summary>Something to do about a model that does not fit.</summary>
/// <param name="Advice">What to change, as a clause.</param>
/// <param name="NeededBytes">Memory needed then.</param>
/// <param name="Fits">Whether that is available.</param>
public sealed record PlanAlternative(string Advice, long NeededBytes, bool Fits);
