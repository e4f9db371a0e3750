using System.CommandLine;
using System.Globalization;
using Puna.Evaluation;
using Puna.Evaluation.Models;
using Puna.Evaluation.Remote;
using Puna.Evaluation.Runs;

namespace Puna.Cli.Evaluation;

/// <summary>What runs will take and cost, told before they start; too much of it needs a yes.</summary>
internal sealed class StartEstimate
{
    /// <summary>Fewer questions than these are asked without being timed first.</summary>
    private const int FewQuestions = 64;

    private readonly Option<bool> _only = new("--estimate") { Description = "Tell the tokens, the time and the cost, and ask nothing" };
    private readonly Option<decimal> _limit = new("--cost-limit") { Description = "The most that may be spent without --yes, in the unit of the prices", DefaultValueFactory = _ => 5 };
    private readonly Option<bool> _yes = new("--yes") { Description = "Spend more than --cost-limit where the answers are as long as they may be" };

    internal StartEstimate(Command command)
    {
        command.Add(_only);
        command.Add(_limit);
        command.Add(_yes);
    }

    /// <summary>Whether only the estimate is wanted.</summary>
    internal bool IsAll(ParseResult parsed) => parsed.GetValue(_only);

    /// <summary>Tells what the runs take, on standard output where that is all that is wanted, else on standard error.</summary>
    /// <exception cref="EvaluationException">They may cost more than allowed.</exception>
    internal async Task TellAsync(ParseResult parsed, IReadOnlyList<PreparedRun> runs, PunaModelUnderTest? local, int batch, RemoteOptions? endpoint, CancellationToken cancellationToken)
    {
        RunEstimate[] estimates = [.. runs.Select(run => local is null ? RunEstimate.Of(run) : RunEstimate.Of(run, local))];
        bool timed = local is not null && (IsAll(parsed) || estimates.Sum(e => e.Questions) >= FewQuestions);
        ModelSpeed? speed = timed ? await ModelSpeed.MeasureAsync(local!, batch, cancellationToken).ConfigureAwait(false) : null;
        TextWriter output = IsAll(parsed) ? Console.Out : Console.Error;
        if (speed is { } s) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Measured with {batch} at the same time: {s.Read:N0} prompt tokens a second, {s.Write:N1} written."));
        foreach ((PreparedRun run, RunEstimate estimate) in runs.Zip(estimates)) output.WriteLine($"{TerminalText.Printable(run.Label)}: {Words(estimate, speed, endpoint)}");
        if (runs.Count > 1) output.WriteLine($"All: {Words(Sum(estimates), speed, endpoint)}");

        decimal cost = endpoint is null ? 0 : estimates.Sum(e => e.MostCost(endpoint.PricePerMillionIn, endpoint.PricePerMillionOut));
        if (!IsAll(parsed) && cost > parsed.GetValue(_limit) && !parsed.GetValue(_yes))
            throw new EvaluationException(FormattableString.Invariant($"This may cost up to {cost:0.##}, and --cost-limit is {parsed.GetValue(_limit):0.##}. Ask fewer questions with --limit, or allow it with --yes."));
    }

    private static string Words(RunEstimate estimate, ModelSpeed? speed, RemoteOptions? endpoint)
    {
        string about = estimate.IsExact ? "" : "about ";
        string text = string.Create(CultureInfo.InvariantCulture, $"{estimate.Questions:N0} questions, {about}{estimate.PromptTokens:N0} prompt tokens");
        if (estimate.ComputedTokens < estimate.PromptTokens) text += string.Create(CultureInfo.InvariantCulture, $" ({about}{estimate.ComputedTokens:N0} without what they share)");
        if (estimate.MostWritten > 0) text += string.Create(CultureInfo.InvariantCulture, $", at most {estimate.MostWritten:N0} written");
        if (speed is { } s)
        {
            (TimeSpan least, TimeSpan most) = estimate.Time(s);
            text += estimate.MostWritten > 0 ? $"; {ProgressLine.Left(least)} where answers are a token, {ProgressLine.Left(most)} where all are as long as they may be" : $"; about {ProgressLine.Left(most)}";
        }

        if (endpoint is { } e && e.PricePerMillionIn + e.PricePerMillionOut > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"; costs at least {estimate.PromptTokens * e.PricePerMillionIn / 1_000_000m:0.##}, at most {estimate.MostCost(e.PricePerMillionIn, e.PricePerMillionOut):0.##}");
        return text + ".";
    }

    private static RunEstimate Sum(RunEstimate[] estimates) =>
        new(estimates.Sum(e => e.Questions), estimates.Sum(e => e.PromptTokens), estimates.Sum(e => e.ComputedTokens), estimates.Sum(e => e.MostWritten), estimates.All(e => e.IsExact));
}
