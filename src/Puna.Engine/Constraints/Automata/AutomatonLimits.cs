namespace Puna.Engine.Constraints.Automata;

/// <summary>Sizes at which compiling ends with a refusal: schemas and patterns come from anywhere.</summary>
internal static class AutomatonLimits
{
    /// <summary>States of a nondeterministic automaton.</summary>
    internal const int NfaStates = 20_000;

    /// <summary>Moves of a nondeterministic automaton, free ones too.</summary>
    internal const int NfaMoves = 2_000_000;

    /// <summary>States of a deterministic automaton.</summary>
    internal const int DfaStates = 20_000;

    /// <summary>Ranges on all transitions of a deterministic automaton.</summary>
    internal const int DfaPieces = 400_000;

    /// <summary>Members that all subsets together may have while an automaton is made deterministic.</summary>
    internal const int SubsetMembers = 2_000_000;

    /// <summary>Ranges looked at while an automaton is made deterministic.</summary>
    internal const int Work = 20_000_000;
}
