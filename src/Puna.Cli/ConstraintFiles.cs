using System.CommandLine;
using Puna.Engine.Constraints;

namespace Puna.Cli;

/// <summary>The options <c>--schema</c>, <c>--grammar</c> and <c>--regex</c>: the form that answers must have.</summary>
internal sealed class ConstraintFiles
{
    private readonly Option<string?> _schema = new("--schema") { Description = "Hold the answer to this file's JSON Schema" };
    private readonly Option<string?> _grammar = new("--grammar") { Description = "Hold the answer to this file's GBNF grammar" };
    private readonly Option<string?> _regex = new("--regex") { Description = "Hold the answer to this regular expression" };

    internal ConstraintFiles(Command command)
    {
        foreach (Option option in (Option[])[_schema, _grammar, _regex]) command.Add(option);
    }

    /// <summary>The constraint of a JSON Schema's file.</summary>
    /// <exception cref="UsageException">The schema cannot be enforced.</exception>
    internal static Constraint Schema(string path) => Compile(path, () => Constraint.FromJsonSchema(File.ReadAllText(path)));

    /// <summary>The constraint that the options name, or null for none.</summary>
    /// <exception cref="UsageException">There are several, or one cannot be enforced.</exception>
    internal Constraint? Read(ParseResult parsed)
    {
        string? schema = parsed.GetValue(_schema), grammar = parsed.GetValue(_grammar), regex = parsed.GetValue(_regex);
        if (new[] { schema, grammar, regex }.Count(o => o is not null) > 1) throw new UsageException("--schema, --grammar and --regex: give one of them.");
        if (schema is not null) return Schema(schema);
        if (grammar is not null) return Compile(grammar, () => Constraint.FromGrammar(File.ReadAllText(grammar)));
        return regex is null ? null : Compile("--regex", () => Constraint.FromRegex(regex));
    }

    private static Constraint Compile(string place, Func<Constraint> compile)
    {
        try
        {
            return compile();
        }
        catch (ConstraintException refusal)
        {
            throw new UsageException($"{place}: {refusal.Message}");
        }
    }
}
