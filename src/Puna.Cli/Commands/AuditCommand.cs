using System.CommandLine;
using Puna.Safety.Audit;

namespace Puna.Cli.Commands;

/// <summary><c>puna audit</c>: looks at the records that a guarded server keeps.</summary>
internal static class AuditCommand
{
    internal static Command Create() => new("audit", "Look at the records of safety decisions") { Verify() };

    private static Command Verify()
    {
        Argument<string> folder = new("folder") { Description = "The folder of records" };
        Option<bool> json = new("--json") { Description = "Print one JSON object" };
        Option<string?> expect = new("--expect") { Description = "Hash of a record that must be there, as an earlier look printed it: tells whether the end was cut off", HelpName = "hash" };
        expect.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } hash && (hash.Length != 64 || !hash.All(char.IsAsciiHexDigit))) result.AddError($"--expect takes the 64 hexadecimal digits of a hash, not '{hash}'.");
        });
        Command command = new("verify", "Follow the chain of records: none was changed, left out or put elsewhere") { folder, expect, json };
        command.SetAction(async (parsed, _) =>
        {
            AuditVerification? found = null;
            int code = await ExitCode.Guard(() => { found = AuditVerification.Of(parsed.GetRequiredValue(folder), parsed.GetValue(expect)); }).ConfigureAwait(false);
            if (found is null) return code;

            if (parsed.GetValue(json)) WriteJson(found);
            else Write(parsed.GetRequiredValue(folder), found);
            return found.Problem is null ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static void Write(string folder, AuditVerification found)
    {
        string range = found.Records == 0 ? "no records" : $"{found.Records} records ({found.First} to {found.Last}) in {found.Files} files";
        if (found.Problem is not null)
        {
            Console.Error.WriteLine(TerminalText.Printable($"puna: {folder}: the records are not whole, after {range}: {found.Problem}."));
            return;
        }

        Console.Out.WriteLine(TerminalText.Printable($"{folder}: {range}, and the chain is whole."));
        if (found.First > 1) Console.Out.WriteLine($"  Records before {found.First} were let go.");
        if (found.UnfinishedBytes > 0) Console.Out.WriteLine($"  {found.UnfinishedBytes} bytes of an unfinished record follow; a process that was killed left them.");
        if (found.Records > 0) Console.Out.WriteLine($"  Last hash: {found.Hash}. Keep it elsewhere: whoever can write all files can chain them anew, but not to this hash.");
    }

    private static void WriteJson(AuditVerification found) => JsonLine.Write(writer =>
    {
        writer.WriteBoolean("whole", found.Problem is null);
        writer.WriteNumber("files", found.Files);
        writer.WriteNumber("records", found.Records);
        writer.WriteNumber("first", found.First);
        writer.WriteNumber("last", found.Last);
        writer.WriteString("hash", found.Hash);
        writer.WriteNumber("unfinished_bytes", found.UnfinishedBytes);
        if (found.Problem is not null) writer.WriteString("problem", found.Problem);
    });
}
