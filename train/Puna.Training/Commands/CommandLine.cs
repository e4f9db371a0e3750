using System.Globalization;
using Puna.Training.Model;

namespace Puna.Training.Commands;

/// <summary>The verbs of <c>puna-train</c>, and their options as <c>--name value</c>.</summary>
internal static class CommandLine
{
    /// <summary>What a verb does, and the options that it knows.</summary>
    private static readonly Dictionary<string, (Action<Options> Run, string Known)> Verbs = new(StringComparer.Ordinal)
    {
        ["tokenizer"] = (TokenizerCommand.Run, "examples size out seed data"),
        ["sample"] = (SampleCommand.Run, "vocabulary seed plan from count"),
        ["export"] = (ExportCommand.Run, "checkpoint out type vocabulary name"),
        ["logits"] = (LogitsCommand.Run, "ids checkpoint out"),
        ["evaluate"] = (EvaluateCommand.Run, "seed count show-errors model threads handwritten chat parts"),
        ["golden"] = (GoldenCommand.Run, "out seed"),
        ["speed"] = (SpeedCommand.Run, "layers hidden heads kv-heads head-dim experts expert-hidden vocabulary tokens length"),
        ["train"] = (TrainCommand.Run, "folder vocabulary threads save-minutes stop-minutes stop-step steps layers hidden heads kv-heads head-dim experts expert-hidden seed curriculum warmup rate final-rate decay batches batch-tokens base rank alpha data"),
        ["injections"] = (InjectionsCommand.Run, "seed attacks benign epochs features support decay shift out"),
        ["guard-texts"] = (GuardTextsCommand.Run, "set seed unsafe benign out"),
        ["prompt-guard"] = (PromptGuardCommand.Run, "out seed vocabulary texts layers hidden heads intermediate steps warmup rate decay batch-tokens development"),
        ["injection-texts"] = (InjectionTextsCommand.Run, "set seed attacks benign alone out"),
    };

    public static int Run(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (args.Length == 0 || !Verbs.TryGetValue(args[0], out (Action<Options> Run, string Known) verb))
        {
            Console.Error.WriteLine($"Usage: puna-train {string.Join('|', Verbs.Keys)} [--option value ...]");
            return 2;
        }

        try
        {
            verb.Run(new Options(args[1..], verb.Known.Split(' ')));
            return 0;
        }
        catch (OptionException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or FormatException)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}

/// <summary>An option is missing or cannot be read.</summary>
internal sealed class OptionException(string message) : Exception(message);

/// <summary>Options of one call.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public Options(string[] args, string[] known)
    {
        for (int i = 0; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
                throw new OptionException($"'{args[i]}' is not an option with a value.");
            if (!known.Contains(args[i][2..]))
                throw new OptionException($"{args[i]} is unknown here; known are --{string.Join(", --", known)}.");
            _values[args[i][2..]] = args[i + 1];
        }
    }

    public string Text(string name, string? fallback = null) =>
        _values.TryGetValue(name, out string? value) ? value : fallback ?? throw new OptionException($"--{name} is missing.");

    public string? Optional(string name) => _values.GetValueOrDefault(name);

    /// <summary>Sizes of the model, with those of another for what is not given.</summary>
    public ModelShape Shape(ModelShape basis) => basis with
    {
        Layers = Int("layers", basis.Layers),
        Hidden = Int("hidden", basis.Hidden),
        Heads = Int("heads", basis.Heads),
        KvHeads = Int("kv-heads", basis.KvHeads),
        HeadDim = Int("head-dim", basis.HeadDim),
        Experts = Int("experts", basis.Experts),
        ExpertHidden = Int("expert-hidden", basis.ExpertHidden),
    };

    public int Int(string name, int fallback) => Parse(name, fallback, int.Parse);

    public double Number(string name, double fallback) => Parse(name, fallback, double.Parse);

    private T Parse<T>(string name, T fallback, Func<string, IFormatProvider, T> parse)
    {
        if (!_values.TryGetValue(name, out string? text)) return fallback;

        try
        {
            return parse(text, CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new OptionException($"--{name}: '{text}' is not a number that can be used here.");
        }
    }
}
