namespace Puna.Engine.Constraints.Grammars;

/// <summary>A rule of a grammar.</summary>
internal sealed class GrammarRule(string name)
{
    internal string Name => name;

    internal GrammarState Start { get; } = new();
}
