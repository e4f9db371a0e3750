using System.CommandLine;
using System.Globalization;
using Puna.Cli.Guarding;
using Puna.Safety.Audit;
using Puna.Safety.Policy;
using Puna.Safety.Scanning;

namespace Puna.Cli.Commands;

/// <summary><c>puna guard policy</c>: checks a policy file, and what it makes of a message.</summary>
internal static class GuardPolicyCommand
{
    private const long MaxTextBytes = 64 << 20;

    internal static Command Create()
    {
        Command command = new("policy", "Check a safety policy, and what it makes of a message");
        Argument<string?> file = new("file") { Description = "The policy, a JSON file", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> check = new("--check") { Description = "A message to judge by it" };
        Option<string?> checkFile = new("--check-file") { Description = "A file whose text is judged by it; - for standard input" };
        Option<string> role = new("--role") { Description = "Whose message it is", DefaultValueFactory = _ => "user" };
        Option<bool> lines = new("--lines") { Description = "Every line of --check-file is a message of its own" };
        Option<string?> audit = new("--audit") { Description = "Folder to record the decisions in" };
        Option<bool> schema = new("--schema") { Description = "Print the JSON Schema of policies" };
        Option<bool> json = new("--json") { Description = "Print one JSON object" };
        role.AcceptOnlyFromAmong("user", "assistant", "tool", "system", "document");
        command.Add(file);
        foreach (Option option in (Option[])[check, checkFile, lines, role, audit, schema, json]) command.Add(option);

        command.SetAction(async (parsed, cancellation) =>
        {
            int code = ExitCode.Done;
            int failure = await ExitCode.Guard(async () =>
            {
                if (parsed.GetValue(schema))
                {
                    Console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(SafetyPolicy.Schema()));
                    return;
                }

                string path = parsed.GetValue(file) ?? throw new UsageException("a policy file is needed; --schema prints what may stand in it.");
                if (parsed.GetValue(check) is not null && parsed.GetValue(checkFile) is not null) throw new UsageException("--check and --check-file exclude each other.");
                if (parsed.GetValue(lines) && parsed.GetValue(checkFile) is null) throw new UsageException("--lines needs --check-file.");
                if (parsed.GetValue(audit) is not null && parsed.GetValue(check) is null && parsed.GetValue(checkFile) is null) throw new UsageException("--audit records decisions; give --check or --check-file, too.");
                Check what = new(parsed.GetValue(check), parsed.GetValue(checkFile), parsed.GetValue(lines), parsed.GetValue(role)!);
                code = await RunAsync(path, what, parsed.GetValue(audit), parsed.GetValue(json), cancellation).ConfigureAwait(false);
            }).ConfigureAwait(false);
            return failure == ExitCode.Done ? code : failure;
        });
        return command;
    }

    private static async Task<int> RunAsync(string path, Check what, string? auditFolder, bool json, CancellationToken cancellation)
    {
        SafetyPolicy policy;
        try
        {
            policy = SafetyPolicy.Load(path);
        }
        catch (PolicyException error)
        {
            WriteProblems(path, error.Problems, json);
            return ExitCode.BadInput;
        }

        using (policy)
        {
            if (what.Text is null && what.File is null)
            {
                WritePolicy(path, policy, json);
                return ExitCode.Done;
            }

            using AuditLog? audit = auditFolder is null ? null : AuditLog.Open(auditFolder);
            foreach (string text in what.Messages())
            {
                PolicyDecision decision = await policy.EvaluateAsync(new ScanInput(what.Role, text), cancellation).ConfigureAwait(false);
                audit?.Record("puna-guard", "message", text, decision);
                if (json) JsonLine.Write(decision.WriteTo);
                else WriteDecision(decision, text);
            }

            return ExitCode.Done;
        }
    }

    private static void WriteProblems(string path, IReadOnlyList<PolicyProblem> problems, bool json)
    {
        if (!json)
        {
            foreach (PolicyProblem problem in problems) Console.Error.WriteLine(TerminalText.Printable($"puna: {path}: {problem}".ReplaceLineEndings(" ")));
            return;
        }

        JsonLine.Write(writer =>
        {
            writer.WriteBoolean("valid", false);
            writer.WriteStartArray("problems");
            foreach (PolicyProblem problem in problems)
            {
                writer.WriteStartObject();
                writer.WriteString("pointer", problem.Pointer);
                writer.WriteString("message", problem.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }

    private static void WritePolicy(string path, SafetyPolicy policy, bool json)
    {
        if (!json)
        {
            Console.Out.WriteLine(TerminalText.Printable($"{path}: the policy '{policy.Name}' is good{(policy.DryRun ? ", and only records (dry run)" : "")}. SHA-256 {policy.Hash}"));
            foreach (string role in policy.Roles) Console.Out.WriteLine($"  {role,-10} {string.Join(", ", policy.ScannersOf(role))}");
            return;
        }

        JsonLine.Write(writer =>
        {
            writer.WriteBoolean("valid", true);
            writer.WriteString("name", policy.Name);
            writer.WriteString("hash", policy.Hash);
            writer.WriteBoolean("dry_run", policy.DryRun);
            writer.WriteStartObject("roles");
            foreach (string role in policy.Roles)
            {
                writer.WriteStartArray(role);
                foreach (string scanner in policy.ScannersOf(role)) writer.WriteStringValue(scanner);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        });
    }

    private static void WriteDecision(PolicyDecision decision, string text)
    {
        string why = decision.Reasons.Count > 0 ? $": {string.Join(", ", decision.Reasons)}" : "";
        Console.Out.WriteLine(TerminalText.Printable($"{PolicyActions.NameOf(decision.Action)}{why}{(decision.DryRun ? " (dry run: it goes on all the same)" : "")}"));
        foreach (RuleOutcome outcome in decision.Outcomes)
        {
            string found = outcome.Failure ?? (outcome.Findings.Count == 0 ? "nothing found" : string.Join(", ", outcome.Findings.Take(8).Select(Describe)) + (outcome.Findings.Count > 8 ? $" and {outcome.Findings.Count - 8} more" : ""));
            Console.Out.WriteLine(TerminalText.Printable(string.Create(CultureInfo.InvariantCulture, $"  {outcome.Scanner,-18} {PolicyActions.NameOf(outcome.Action),-7} {outcome.Elapsed.TotalMilliseconds,7:0.0} ms  {found}")));
        }

        if (!decision.Refused && decision.Redactions.Count > 0 && text.Length <= 4096) Console.Out.WriteLine(TerminalText.Printable($"  goes on as: {decision.Redact(text)}"));
    }

    private static string Describe(Finding finding) => string.Create(CultureInfo.InvariantCulture, $"{finding.Category} {finding.Score:0.00} at {finding.Start}-{finding.End}{(finding.Detail is { } detail ? $" ({detail})" : "")}");

    /// <summary>What to judge: a text, a file, or the lines of a file as they come.</summary>
    private sealed record Check(string? Text, string? File, bool Lines, string Role)
    {
        internal IEnumerable<string> Messages()
        {
            if (Text is not null)
            {
                yield return Text;
                yield break;
            }

            if (!Lines)
            {
                yield return InputFile.ReadText(File!, MaxTextBytes);
                yield break;
            }

            // A line is judged and recorded as it comes; the next one may never.
            using TextReader reader = File == "-" ? Console.In : new StreamReader(File!);
            while (reader.ReadLine() is { } line) yield return line;
        }
    }
}
