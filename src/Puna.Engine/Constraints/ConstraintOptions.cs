namespace Puna.Engine.Constraints;

/// <summary>
/// Which spellings of the JSON values that a schema allows may be generated. Every allowed value has a spelling under every setting.
/// Regular expressions and grammars spell everything themselves and are not affected.
/// </summary>
public sealed record ConstraintOptions
{
    /// <summary>One order of keys, the whitespace that people and models write, and one spelling of strings: for generating.</summary>
    public static ConstraintOptions Default { get; } = new();

    /// <summary>Any order of keys, any whitespace, any spelling of values: for checking text that came from elsewhere.</summary>
    public static ConstraintOptions AnySpelling { get; } = new() { KeyOrder = KeyOrder.Any, Whitespace = JsonWhitespace.Any, PlainValues = false };

    /// <summary>Order of the keys of an object.</summary>
    public KeyOrder KeyOrder { get; init; } = KeyOrder.Declared;

    /// <summary>Whitespace between the parts of the text.</summary>
    public JsonWhitespace Whitespace { get; init; } = JsonWhitespace.Natural;

    /// <summary>
    /// Strings whose characters stand for themselves where they can, integers without point and exponent, bounded numbers without exponent, and dates
    /// and times as all parsers in use read them. Otherwise also escapes that nothing asks for, such as <c>\u0065</c> and <c>\/</c>, integers such as
    /// <c>1.0</c> and <c>1e3</c>, and all that the standards of dates and times allow.
    /// </summary>
    public bool PlainValues { get; init; } = true;
}
