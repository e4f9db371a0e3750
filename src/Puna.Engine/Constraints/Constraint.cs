using System.Text.Json;

namespace Puna.Engine.Constraints;

/// <summary>
/// A form that generated text must have, compiled once and shared by any number of requests and threads. It is enforced exactly:
/// what cannot be enforced is refused when the constraint is made.
/// </summary>
public sealed class Constraint
{
    private Constraint()
    {
    }

    /// <summary>Any JSON object.</summary>
    public static Constraint JsonObject(ConstraintOptions? options = null) => throw NotYet();

    /// <summary>JSON that is valid under a schema (draft 2020-12).</summary>
    /// <exception cref="ConstraintException">The schema cannot be enforced exactly, allows nothing, or is too large.</exception>
    public static Constraint FromJsonSchema(JsonElement schema, ConstraintOptions? options = null) => throw NotYet();

    /// <summary>JSON that is valid under a schema (draft 2020-12), given as JSON text.</summary>
    /// <exception cref="ConstraintException">The text is no JSON, or the schema cannot be enforced exactly, allows nothing, or is too large.</exception>
    public static Constraint FromJsonSchema(string schema, ConstraintOptions? options = null) => throw NotYet();

    /// <summary>Text that a regular expression (ECMA-262 syntax) matches from beginning to end.</summary>
    /// <exception cref="ConstraintException">The expression is malformed, uses what no automaton can decide, or is too large.</exception>
    public static Constraint FromRegex(string pattern) => throw NotYet();

    /// <summary>Text that the rule <c>root</c> of a grammar in llama.cpp's GBNF notation derives.</summary>
    /// <exception cref="ConstraintException">The grammar is malformed, left-recursive or too large.</exception>
    public static Constraint FromGrammar(string grammar) => throw NotYet();

    private static ConstraintException NotYet() => new("", "constraints are not compiled yet.");
}
