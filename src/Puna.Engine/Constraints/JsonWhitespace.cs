namespace Puna.Engine.Constraints;

/// <summary>Whitespace that JSON text may have between its parts.</summary>
public enum JsonWhitespace
{
    /// <summary>
    /// Between two parts nothing, one space, or one line break and up to 64 spaces or tabs; none before or after the whole text.
    /// A model cannot go on with whitespace for ever.
    /// </summary>
    Natural,

    /// <summary>None.</summary>
    None,

    /// <summary>All that JSON allows, also before and after the whole text.</summary>
    Any,
}
