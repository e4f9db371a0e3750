namespace Puna.Engine.Constraints.Grammars;

/// <summary>A part of a grammar at least and at most so many times; counted, not copied.</summary>
/// <param name="Inner">The part, as a rule without a name.</param>
/// <param name="Least">Fewest rounds.</param>
/// <param name="Most">Most rounds, or null for no limit.</param>
internal sealed record GrammarRepeat(GrammarRule Inner, int Least, int? Most);
