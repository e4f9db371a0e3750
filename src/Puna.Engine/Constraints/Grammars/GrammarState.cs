namespace Puna.Engine.Constraints.Grammars;

/// <summary>A place in a rule of a grammar, and what may come next there. Filled while compiling, constant afterwards.</summary>
internal sealed class GrammarState
{
    /// <summary>
    /// Ways on: through a <see cref="Matching.TextForm"/>, a <see cref="GrammarRule"/> or a <see cref="GrammarRepeat"/>, or for free
    /// where the form is null.
    /// </summary>
    internal List<(object? Form, GrammarState Target)> Ways { get; } = [];

    /// <summary>Whether the rule may end here.</summary>
    internal bool IsEnd { get; set; }

    /// <summary>Fewest bytes to the end of the rule, about; unbounded while none is known.</summary>
    internal int MinBytes { get; set; } = Automata.Dfa.Unbounded;
}
