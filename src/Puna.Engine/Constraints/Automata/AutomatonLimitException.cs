namespace Puna.Engine.Constraints.Automata;

/// <summary>An automaton would have more states than <see cref="AutomatonLimits"/> allow. Becomes a <see cref="ConstraintException"/> where the place is known.</summary>
internal sealed class AutomatonLimitException(string message) : Exception(message);
