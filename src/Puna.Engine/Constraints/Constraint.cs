using System.Runtime.CompilerServices;
using System.Text.Json;
using Puna.Engine.Constraints.Grammars;
using Puna.Engine.Constraints.Json;
using Puna.Engine.Constraints.Matching;
using Puna.Engine.Constraints.Regex;
using Puna.Tokenizers;

namespace Puna.Engine.Constraints;

/// <summary>
/// A form that generated text must have, compiled once and shared by any number of requests and threads. It is enforced exactly:
/// what cannot be enforced is refused when the constraint is made. Recently made ones are kept, so that asking for one again costs little.
/// </summary>
public sealed class Constraint
{
    private readonly Program _program;
    private readonly ConditionalWeakTable<TokenTrie, Matcher> _matchers = [];

    private Constraint(Program program) => _program = program;

    /// <summary>Any JSON object.</summary>
    public static Constraint JsonObject(ConstraintOptions? options = null) => FromJsonSchema("""{"type":"object"}""", options);

    /// <summary>JSON that is valid under a schema (draft 2020-12).</summary>
    /// <exception cref="ConstraintException">The schema cannot be enforced exactly, allows nothing, or is too large.</exception>
    public static Constraint FromJsonSchema(JsonElement schema, ConstraintOptions? options = null) => FromJsonSchema(schema.GetRawText(), options);

    /// <summary>JSON that is valid under a schema (draft 2020-12), given as JSON text.</summary>
    /// <exception cref="ConstraintException">The text is no JSON, or the schema cannot be enforced exactly, allows nothing, or is too large.</exception>
    public static Constraint FromJsonSchema(string schema, ConstraintOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schema);
        options ??= ConstraintOptions.Default;
        return ConstraintCache.GetOrAdd(schema, $"schema {options.KeyOrder} {options.Whitespace} {options.PlainValues}", () => new Constraint(SchemaCompiler.Compile(schema, options)));
    }

    /// <summary>Text that a regular expression (ECMA-262 syntax) matches from beginning to end.</summary>
    /// <exception cref="ConstraintException">The expression is malformed, uses what no automaton can decide, or is too large.</exception>
    public static Constraint FromRegex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return ConstraintCache.GetOrAdd(pattern, "regex", () => new Constraint(CompileRegex(pattern)));
    }

    /// <summary>Text that the rule <c>root</c> of a grammar in llama.cpp's GBNF notation derives.</summary>
    /// <exception cref="ConstraintException">The grammar is malformed, left-recursive or too large.</exception>
    public static Constraint FromGrammar(string grammar)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        return ConstraintCache.GetOrAdd(grammar, "grammar", () => new Constraint(GrammarCompiler.Compile(grammar)));
    }

    /// <summary>The constraint before any text, for one sequence.</summary>
    /// <param name="tokenizer">Tokenizer of the sequence's ids.</param>
    /// <param name="vocabSize">Ids of the model, at least the tokenizer's; those beyond are never allowed.</param>
    public ConstraintState Start(Tokenizer tokenizer, int vocabSize)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabSize, tokenizer.VocabSize);
        Matcher matcher = _matchers.GetValue(TokenTrie.For(tokenizer), trie => new Matcher(_program, trie));
        return new ConstraintState(matcher, tokenizer, vocabSize);
    }

    private static Program CompileRegex(string pattern)
    {
        try
        {
            TextForm form = new(RegexCompiler.Whole(pattern), isQuoted: false);
            return form.IsEmpty ? throw new ConstraintException("", "the expression matches no text.") : new Program(form, null, null);
        }
        catch (RegexException error)
        {
            throw new ConstraintException("", $"the expression cannot be enforced: {error.Message}.", error);
        }
    }
}
