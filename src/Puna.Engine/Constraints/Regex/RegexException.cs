namespace Puna.Engine.Constraints.Regex;

/// <summary>A regular expression that is malformed, or that no automaton of bounded size decides.</summary>
internal sealed class RegexException(string problem, int position) : Exception($"{problem} (character {position + 1})");
