namespace Puna.Engine.Constraints.Matching;

/// <summary>Place in a text: state of its automaton, characters counted, and how much of a character has been read.</summary>
/// <param name="State">State of the automaton; already behind the character while its rest makes no difference.</param>
/// <param name="Count">Characters so far, where they are counted.</param>
/// <param name="Partial">0 between characters; otherwise what <see cref="TextReader{TMoves}"/> packs into it.</param>
internal readonly record struct TextPosition(int State, int Count, int Partial);
