using System.CommandLine;
using System.Diagnostics;
using Puna.Cli.Guarding;
using Puna.Cli.Usage;
using Puna.Safety.LlamaGuard;
using Puna.Safety.Obfuscation;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard check</c>: a verdict on a text or on the last message of a conversation.</summary>
internal static class GuardCheckCommand
{
    private const long MaxTextBytes = 64 << 20;

    internal static Command Create()
    {
        Command command = new("check", "Judge a text, or the last message of a conversation");
        Argument<string?> model = TextScanner.NewModelArgument();
        Option<string?> scannerName = TextScanner.NewScannerOption();
        Option<string?> text = new("--text") { Description = "Text to judge" };
        Option<string?> file = new("--file") { Description = "File to judge; - for standard input" };
        Option<string?> messages = new("--messages") { Description = "JSON file of messages, of which the last is judged; - for standard input" };
        Option<string?> role = GuardPromptCommand.NewRoleOption("Whose words the text is, or whose last message is judged; words of a tool are data, in which no instruction is in its place", "tool");
        Option<float?> threshold = new("--threshold") { Description = "Probability from which on the text is flagged (default: 0.9 for Prompt Guard, 0.5 for others)" };
        Option<string> undo = TextScanner.NewUndoOption();
        Option<int?> threads = new("--threads", "-t") { Description = "Threads to compute with (default: one per core)" };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        command.Add(model);
        foreach (Option option in (Option[])[scannerName, text, file, messages, role, threshold, undo, threads, json]) command.Add(option);
        LlamaGuardCliOptions prompt = new(command);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(() =>
        {
            if (new[] { text, file, messages }.Count(o => parsed.GetValue(o) is not null) != 1) throw new UsageException("give one of --text, --file and --messages.");
            parsed.RequireAtLeast(1, threads);
            parsed.RequireProbability(threshold);

            ObfuscationPasses passes = PassNames.Parse(parsed.GetValue(undo)!);
            IReadOnlyList<GuardMessage> judged = parsed.GetValue(messages) is { } path
                ? GuardPromptCommand.UpTo(MessagesFile.Read(path), parsed.GetValue(role))
                : [new GuardMessage(parsed.GetValue(role) ?? "user", parsed.GetValue(text) ?? InputFile.ReadText(parsed.GetValue(file)!, MaxTextBytes))];
            using TextScanner scanner = TextScanner.Open(parsed.GetValue(scannerName), parsed.GetValue(model), passes, parsed.GetValue(threads), () => prompt.ReadOptions(parsed) with
            {
                Thresholds = parsed.GetValue(threshold) is { } own ? new LlamaGuardThresholds { User = own, Agent = own } : new LlamaGuardThresholds(),
            });
            if (scanner is TextScanner.Injections injections) CheckInjection(injections, judged[^1], parsed.GetValue(threshold) ?? injections.Threshold, parsed.GetValue(json), cancellation);
            else CheckHarm(((TextScanner.Harm)scanner).Model, judged, parsed.GetValue(json), cancellation);
        }));
        return command;
    }

    private static void CheckInjection(TextScanner.Injections scanner, GuardMessage message, float threshold, bool json, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<InjectionFinding> findings = scanner.Scan(message.Role, message.Text, cancellation);
        GuardReport.WriteInjection(scanner.Name, message.Text, findings, threshold, Stopwatch.GetElapsedTime(start).TotalMilliseconds, json);
    }

    private static void CheckHarm(LlamaGuardModel model, IReadOnlyList<GuardMessage> messages, bool json, CancellationToken cancellation)
    {
        if (messages[^1].Role is not ("user" or "assistant"))
            throw new UsageException($"the last message is of the role {messages[^1].Role}; Llama Guard judges users and assistants. Name one with --role, or scan tools' results with a Prompt Guard.");

        long start = Stopwatch.GetTimestamp();
        try
        {
            LlamaGuardVerdict verdict = model.Judge(messages, cancellation);
            GuardReport.WriteHarm(model, verdict, model.Options.Prompt.Categories ?? LlamaGuardCategory.Hazards, Stopwatch.GetElapsedTime(start).TotalMilliseconds, json);
        }
        catch (NotSupportedException error) // images
        {
            throw new UsageException(error.Message);
        }
    }
}
