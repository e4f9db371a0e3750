using System.CommandLine;
using Puna.Cli.Usage;
using Puna.Compute.Cpu;
using Puna.Planning;

namespace Puna.Cli.Commands;

/// <summary><c>puna plan</c>: whether a model fits this machine, and how fast it can be.</summary>
internal static class PlanCommand
{
    private static readonly TimeSpan ProbeDuration = TimeSpan.FromSeconds(0.7);

    internal static Command Create()
    {
        Argument<string> model = ModelOptions.NewModelArgument();
        Option<int?> context = new("--context") { Description = "Tokens of the conversation (default: the model's own limit, at most 32768)" };
        Option<double?> ram = new("--ram") { Description = "Memory to fit into, in GiB (default: what this machine has available)" };
        Option<string> kv = new("--kv") { Description = "Element type of the KV cache", DefaultValueFactory = _ => "f16" };
        kv.AcceptOnlyFromAmong("f32", "f16", "q8_0", "q4_0");
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        Command command = new("plan", "Say whether a model fits into memory, how fast it can be, and what to change if not") { model, context, ram, kv, json };
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            parsed.RequireAtLeast(1, context);
            if (parsed.GetValue(ram) is { } gibibytes && !(gibibytes > 0 && gibibytes < 1e6)) throw new UsageException(FormattableString.Invariant($"--ram {gibibytes}: a size in GiB is needed, such as 64."));

            PlanOptions options = new()
            {
                ContextLength = parsed.GetValue(context),
                KvType = ModelOptions.ParseType(parsed.GetValue(kv)!),
                AvailableBytes = parsed.GetValue(ram) is { } given ? (long)(given * ByteSize.GiB) : null,
            };
            ModelPlan plan = ModelPlanner.Plan(parsed.GetRequiredValue(model), options); // first, so that a bad file is refused at once
            plan = plan with { BytesPerSecond = MemoryBandwidth.Measure(ProbeDuration) };
            if (parsed.GetValue(json)) PlanReport.WriteJson(plan);
            else PlanReport.WriteText(plan, Console.Out);
        }));
        return command;
    }
}
