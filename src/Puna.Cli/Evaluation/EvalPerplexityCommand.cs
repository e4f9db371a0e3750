using System.CommandLine;
using Puna.Cli.Usage;
using Puna.Evaluation.Divergence;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval perplexity</c>: how well a model predicts a text, and how far it is from a reference.</summary>
internal static class EvalPerplexityCommand
{
    internal static Command Create()
    {
        Command command = new("perplexity", "Measure how well a model predicts a text and, with --reference, its KL divergence from another one");
        ModelOptions modelOptions = new(command, modelIsOptional: true, modelIsOption: true);
        Option<string> text = new("--text") { Description = "File of text, UTF-8", Required = true };
        Option<string?> reference = new("--reference") { Description = "Model to measure the distance from, such as the one that was quantized" };
        Option<int> window = new("--window") { Description = "Tokens that are read from their beginning", DefaultValueFactory = _ => 512 };
        Option<int> tokens = new("--tokens") { Description = "Most tokens of the text", DefaultValueFactory = _ => 65536 };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        foreach (Option option in (Option[])[text, reference, window, tokens, json]) command.Add(option);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(() =>
        {
            parsed.RequireAtLeast(2, tokens);

            string content = File.ReadAllText(parsed.GetRequiredValue(text));
            using PunaModel model = modelOptions.Load(parsed);
            using PunaModel? other = parsed.GetValue(reference) is { } path ? PunaModel.Load(path, model.Options) : null;
            IReadOnlyList<int[]> windows = TextWindows.Of(model, content, parsed.GetValue(window), parsed.GetValue(tokens));
            TextScore score = TextScorer.Score(model, windows, other, progress: null, cancellation);
            if (parsed.GetValue(json)) PrintJson(score);
            else Print(model.Name, score, windows.Count);
        }));
        return command;
    }

    private static void Print(string name, TextScore score, int windows)
    {
        Console.WriteLine(FormattableString.Invariant($"{TerminalText.Printable(name)}, {score.Tokens} tokens in {windows} windows"));
        PrintScore("perplexity", score);
        if (score.Divergence is not { } divergence) return;

        PrintScore("reference", divergence.Reference);
        Console.WriteLine(FormattableString.Invariant($"  KL from the reference  mean {divergence.MeanKl:G4} ± {1.96 * divergence.StandardError:G2}, median {divergence.MedianKl:G4}, 99 % below {divergence.Kl99:G4}, largest {divergence.MaxKl:G4} nats"));
        Console.WriteLine(FormattableString.Invariant($"  same first choice      {divergence.Top1Agreement:P2}"));
    }

    private static void PrintScore(string name, TextScore score)
    {
        double low = Math.Exp(score.NegativeLogLikelihood - (1.96 * score.StandardError)), high = Math.Exp(score.NegativeLogLikelihood + (1.96 * score.StandardError));
        string interval = double.IsNaN(score.StandardError) ? "" : FormattableString.Invariant($" ({low:F4} to {high:F4})");
        Console.WriteLine(FormattableString.Invariant($"  {name,-22} {score.Perplexity:F4}{interval}, first choice right {score.Top1Accuracy:P2}"));
    }

    private static void PrintJson(TextScore score) => JsonLine.Write(w =>
    {
        w.WriteNumber("tokens", score.Tokens);
        w.WriteNumber("nll", score.NegativeLogLikelihood);
        w.WriteNumber("perplexity", score.Perplexity);
        w.WriteNumber("top1", score.Top1Accuracy);
        if (!double.IsNaN(score.StandardError)) w.WriteNumber("nll_stderr", score.StandardError);
        if (score.Divergence is not { } divergence) return;

        w.WriteNumber("reference_perplexity", divergence.Reference.Perplexity);
        w.WriteNumber("kl_mean", divergence.MeanKl);
        if (!double.IsNaN(divergence.StandardError)) w.WriteNumber("kl_stderr", divergence.StandardError);
        w.WriteNumber("kl_median", divergence.MedianKl);
        w.WriteNumber("kl_99", divergence.Kl99);
        w.WriteNumber("kl_max", divergence.MaxKl);
        w.WriteNumber("top1_agreement", divergence.Top1Agreement);
    });
}
