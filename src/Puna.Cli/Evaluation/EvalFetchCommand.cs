using System.CommandLine;
using Puna.Evaluation.Fetching;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval fetch</c>: data sets from their publishers, after their licences were shown.</summary>
internal static class EvalFetchCommand
{
    internal static Command Create()
    {
        Command command = new("fetch", "Fetch data sets from their publishers; the only command of eval, but for --endpoint, that uses the network");
        Argument<string[]> names = new("names") { Description = "Data sets (default: all that can be fetched)", Arity = ArgumentArity.ZeroOrMore };
        Option<string> target = new("--to") { Description = "Folder that gets one folder per data set, as --plan reads it", DefaultValueFactory = _ => "data" };
        Option<bool> yes = new("--yes") { Description = "Fetch; without it, licences and files are shown and nothing is asked of the network" };
        command.Add(names);
        command.Add(target);
        command.Add(yes);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(async () =>
        {
            string[] wanted = parsed.GetValue(names) ?? [];
            DataSource[] sources = wanted.Length == 0 ? [.. DataSource.All] : [.. wanted.Distinct().Select(DataSource.Find)];
            foreach (DataSource source in sources)
            {
                Console.WriteLine($"{source.Name}: {source.Licence}, of {source.Publisher}");
                foreach (SourceFile file in source.Files) Console.WriteLine($"  {file.Url} (at most {file.MaxBytes >> 20} MiB)");
            }

            if (wanted.Length == 0)
            {
                foreach ((string name, string reason) in DataSource.ByHand) Console.WriteLine($"not {name}: {reason}");
            }

            if (!parsed.GetValue(yes))
            {
                Console.WriteLine("Nothing was fetched. Say --yes to fetch them under these licences.");
                return;
            }

            using HttpClient client = new() { Timeout = Timeout.InfiniteTimeSpan }; // files take as long as they take; Ctrl+C stops, and the next time goes on
            DataFetcher fetcher = new(client);
            foreach (DataSource source in sources) await fetcher.FetchAsync(source, parsed.GetValue(target)!, Tell, cancellation).ConfigureAwait(false);
        }));
        return command;
    }

    private static void Tell(FetchedFile file)
    {
        string how = file.Downloaded == 0 ? "there already" : $"{file.Downloaded} bytes fetched";
        Console.WriteLine($"{TerminalText.Printable(file.Path)}  {how}  sha256 {file.Record.Sha256}");
        if (file.ChangedFrom is { } before) Console.Error.WriteLine($"WARNING: {TerminalText.Printable(file.Path)} was {before} when it was last fetched: scores before and after are of different data.");
    }
}
