using System.CommandLine;
using System.CommandLine.Parsing;

namespace Puna.Cli.Usage;

/// <summary>Turns what the parser found wrong into one line that says what, where and what to do.</summary>
internal static class UsageErrors
{
    /// <summary>A sentence for standard error, without the name of the program.</summary>
    internal static string Describe(ParseResult parsed)
    {
        string clause = Clause(parsed);
        return clause.EndsWith('?') ? clause : clause + ".";
    }

    /// <summary>Name of a command below the program, with a space after it; empty for the program itself.</summary>
    internal static string NameOf(Command command) => command is RootCommand ? "" : NameOf(command.Parents.OfType<Command>().First()) + command.Name + " ";

    private static string Clause(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (command is RootCommand root)
        {
            string? given = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
            if (given is null) return "a command is needed";
            return given.StartsWith('-') ? $"unknown option {given}{Suggest(given, Names(root))}" : $"unknown command '{given}'{Suggest(given, root.Subcommands.Select(c => c.Name))}";
        }

        if (command.Subcommands.Count > 0)
            return parsed.UnmatchedTokens.Count == 0 ? $"one of {string.Join(", ", command.Subcommands.Select(c => c.Name))} is needed" : $"unknown command '{parsed.UnmatchedTokens[0]}'{Suggest(parsed.UnmatchedTokens[0], command.Subcommands.Select(c => c.Name))}";
        if (UnknownOption(parsed, command) is { } unknown) return $"unknown option {unknown}{Suggest(unknown, Names(command))}";
        if (parsed.UnmatchedTokens.Count > 0) return $"'{parsed.UnmatchedTokens[0]}' is one argument too many";
        return Describe(parsed.Errors[0]);
    }

    private static string Describe(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Option.Required: true, Tokens.Count: 0, Implicit: true } option => $"{option.Option.Name} is missing",
        OptionResult { Tokens.Count: 0 } option => $"{option.Option.Name} needs a value",
        OptionResult option when Choices(option.Option) is { Length: > 0 } choices => $"{option.Option.Name} {option.Tokens[0].Value}: choose one of {string.Join(", ", choices)}",
        OptionResult option when Kind(option.Option.ValueType) is { } kind => $"{option.Option.Name} {option.Tokens[0].Value}: {kind} is needed",
        ArgumentResult { Tokens.Count: 0 } argument => $"{argument.Argument.Name.ToUpperInvariant()} is missing: {argument.Argument.Description}",
        _ => OneLine(error.Message),
    };

    /// <summary>The first word that looks like an option and is none, also where an argument swallowed it.</summary>
    private static string? UnknownOption(ParseResult parsed, Command command)
    {
        IEnumerable<string> swallowed = command.Arguments.SelectMany(a => parsed.GetResult(a)?.Tokens ?? []).Select(t => t.Value);
        return swallowed.Concat(parsed.UnmatchedTokens).FirstOrDefault(word => word.Length > 1 && word[0] == '-');
    }

    private static IEnumerable<string> Names(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive))).SelectMany(o => o.Aliases.Prepend(o.Name));

    private static string[] Choices(Option option) =>
        option.ValueType == typeof(string) ? [.. option.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(c => c.Label)] : [];

    private static string? Kind(Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(int) || plain == typeof(long) || plain == typeof(ulong) ? "a whole number"
            : plain == typeof(float) || plain == typeof(double) || plain == typeof(decimal) ? "a number, such as 0.7,"
            : null;
    }

    private static string Suggest(string given, IEnumerable<string> known)
    {
        string? nearest = known.Where(k => k.Length > 2).MinBy(k => Distance(given, k));
        return nearest is not null && Distance(given, nearest) <= Math.Max(2, given.Length / 3) ? $"; did you mean {nearest}?" : "";
    }

    private static string OneLine(string message) => string.Join(' ', message.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');

    /// <summary>Levenshtein's distance: insertions, deletions and replacements from one word to the other.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
