using System.CommandLine;
using Puna.Compare;
using Puna.Compare.Peer;

Argument<FileInfo[]> models = new("models") { Description = "GGUF files", Arity = ArgumentArity.OneOrMore };
Option<int[]> threads = new("--threads", "-t") { Description = "Threads of both engines; several for a row each", DefaultValueFactory = _ => [1, Environment.ProcessorCount], AllowMultipleArgumentsPerToken = true };
Option<int> prompt = new("--prompt-tokens", "-p") { Description = "Tokens of the prompt", DefaultValueFactory = _ => 512 };
Option<int> generate = new("--generate-tokens", "-n") { Description = "Tokens to generate", DefaultValueFactory = _ => 64 };
Option<int[]> depths = new("--depth", "-d") { Description = "Tokens already in the cache; several for a row each", DefaultValueFactory = _ => [0], AllowMultipleArgumentsPerToken = true };
Option<int[]> batches = new("--batch", "-b") { Description = "Sequences that generate side by side, whose rates are summed; several for a row each", DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true };
Option<int> rounds = new("--rounds") { Description = "Turns of each engine", DefaultValueFactory = _ => 3 };
Option<int> repetitions = new("--repetitions", "-r") { Description = "Repetitions in one turn", DefaultValueFactory = _ => 3 };
Option<string> puna = new("--puna") { Description = "The puna program to measure", DefaultValueFactory = _ => PunaProgram.DefaultPath };
Option<string> peerFolder = new("--peer") { Description = "Where llama.cpp is, or is installed from npm", DefaultValueFactory = _ => PeerPackage.DefaultFolder };
Option<string> output = new("--out") { Description = "Folder of the table", DefaultValueFactory = _ => Path.Combine("benchmarks", "results", Machine.Slug()) };
Option<string> name = new("--name") { Description = "Name of the table's files", DefaultValueFactory = _ => "compare" };

RootCommand root = new("Measures Puna and llama.cpp in turn, with the same files, threads and tokens, and writes a table.")
{
    models, threads, prompt, generate, depths, batches, rounds, repetitions, puna, peerFolder, output, name, PeerWorker.Command(),
};
root.SetAction(parsed =>
{
    string library = PeerPackage.Install(parsed.GetValue(peerFolder)!);
    Plan plan = new(
        [.. parsed.GetValue(models)!.Select(m => m.FullName)], [.. parsed.GetValue(threads)!.Distinct()], [.. parsed.GetValue(depths)!.Distinct()], [.. parsed.GetValue(batches)!.Distinct()],
        new Workload(parsed.GetValue(prompt), parsed.GetValue(generate), parsed.GetValue(repetitions)), parsed.GetValue(rounds));
    Comparison comparison = Comparison.Run(plan, parsed.GetValue(puna)!, library);

    string folder = parsed.GetValue(output)!;
    Directory.CreateDirectory(folder);
    string table = Report.Markdown(comparison);
    File.WriteAllText(Path.Combine(folder, parsed.GetValue(name) + ".md"), table);
    File.WriteAllText(Path.Combine(folder, parsed.GetValue(name) + ".json"), Report.Json(comparison));
    Console.Write(table);
});

try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (ComparisonException e)
{
    Console.Error.WriteLine($"compare: {e.Message}");
    return 1;
}
