using System.Globalization;

namespace Puna.Training.Commands;

/// <summary>The verbs of <c>puna-train</c>, and their options as <c>--name value</c>.</summary>
internal static class CommandLine
{
    private static readonly Dictionary<string, Action<Options>> Verbs = new(StringComparer.Ordinal)
    {
        ["tokenizer"] = TokenizerCommand.Run,
        ["sample"] = SampleCommand.Run,
        ["export"] = ExportCommand.Run,
        ["logits"] = LogitsCommand.Run,
        ["evaluate"] = EvaluateCommand.Run,
        ["golden"] = GoldenCommand.Run,
        ["speed"] = SpeedCommand.Run,
        ["train"] = TrainCommand.Run,
    };

    public static int Run(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (args.Length == 0 || !Verbs.TryGetValue(args[0], out Action<Options>? verb))
        {
            Console.Error.WriteLine($"Usage: puna-train {string.Join('|', Verbs.Keys)} [--option value ...]");
            return 2;
        }

        try
        {
            Options options = new(args[1..]);
            verb(options);
            return 0;
        }
        catch (OptionException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }
    }
}

/// <summary>An option is missing or cannot be read.</summary>
internal sealed class OptionException(string message) : Exception(message);

/// <summary>Options of one call; reading one marks it known.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public Options(string[] args)
    {
        for (int i = 0; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
                throw new OptionException($"'{args[i]}' is not an option with a value.");
            _values[args[i][2..]] = args[i + 1];
        }
    }

    public string Text(string name, string? fallback = null) =>
        _values.TryGetValue(name, out string? value) ? value : fallback ?? throw new OptionException($"--{name} is missing.");

    public string? Optional(string name) => _values.GetValueOrDefault(name);

    public int Int(string name, int fallback) => Parse(name, fallback, int.Parse);

    public double Number(string name, double fallback) => Parse(name, fallback, double.Parse);

    private T Parse<T>(string name, T fallback, Func<string, IFormatProvider, T> parse)
    {
        if (!_values.TryGetValue(name, out string? text)) return fallback;

        try
        {
            return parse(text, CultureInfo.InvariantCulture);
        }
        catch (FormatException)
        {
            throw new OptionException($"--{name}: '{text}' is not a number.");
        }
    }
}
