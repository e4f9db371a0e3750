namespace Puna.Engine.Constraints.Matching;

/// <summary>What a <see cref="StackNode"/> waits for.</summary>
internal enum NodeKind : byte
{
    /// <summary>A value of a <see cref="ValueRule"/>.</summary>
    Value,

    /// <summary>The rest of a <see cref="TextForm"/>.</summary>
    Text,

    /// <summary>The rest of an <see cref="ObjectForm"/>.</summary>
    Object,

    /// <summary>The rest of a key of an <see cref="ObjectForm"/>.</summary>
    Key,

    /// <summary>The rest of an <see cref="ArrayForm"/>.</summary>
    Array,

    /// <summary>The rest of a rule of a grammar.</summary>
    Rule,

    /// <summary>More repetitions of a part of a grammar.</summary>
    Repeat,
}
