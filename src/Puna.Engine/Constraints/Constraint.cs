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
    /// <exception cref="ConstraintException">What may come first can be read in too many ways at once, or the vocabulary has a token too long for constraints.</exception>
    public ConstraintState Start(Tokenizer tokenizer, int vocabSize)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabSize, tokenizer.VocabSize);
        TokenTrie trie = TokenTrie.For(tokenizer);
        return new ConstraintState(trie.Matchers.For(_program, trie), tokenizer, vocabSize);
    }

    /// <summary>
    /// Whether a text has the form, from beginning to end and however it would be cut into tokens: in one of the spellings that the
    /// constraint was made for, which with <see cref="ConstraintOptions.AnySpelling"/> are all. False, too, where it can be read in too many
    /// ways at once to tell.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> utf8)
    {
        try
        {
            Automaton automaton = new(_program); // not a vocabulary's: no mask is needed
            MatchState state = automaton.Start;
            foreach (byte b in utf8)
            {
                state = automaton.Next(state, b);
                if (state.IsDead) return false;

                int generation = automaton.Generation;
                automaton.Trim();
                if (automaton.Generation != generation) state = automaton.Adopt(state);
            }

            return state.CanEnd;
        }
        catch (ConstraintException)
        {
            return false;
        }
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
