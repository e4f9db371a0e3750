namespace Puna.Engine.Constraints.Automata;

/// <summary>When a free move may be taken.</summary>
internal enum NfaMove
{
    Always,

    /// <summary>Before the first character only.</summary>
    AtStart,

    /// <summary>After the last character only.</summary>
    AtEnd,
}
