using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Puna.Compare.Peer;

/// <summary>A turn of llama.cpp: this program again, as a process of its own that loads the library.</summary>
internal static class PeerWorker
{
    private const string Name = "peer";

    /// <summary>Runs a turn in a child process; also tells which of llama.cpp's libraries it chose for this processor.</summary>
    public static (Turn Turn, string Variant) Start(string library, string model, int threads, int depth, int batch, Workload work)
    {
        string[] numbers = [.. ((int[])[threads, depth, batch, work.PromptTokens, work.GenerateTokens, work.Repetitions]).Select(n => n.ToString(CultureInfo.InvariantCulture))];
        string output = ChildProcess.Run(Path.Combine(AppContext.BaseDirectory, "Puna.Compare"), [Name, library, model, .. numbers]);
        using JsonDocument json = JsonDocument.Parse(output);
        return (PunaProgram.Parse(output), json.RootElement.GetProperty("variant").GetString()!);
    }

    /// <summary>The command by which the child is started.</summary>
    public static Command Command()
    {
        Argument<string> library = new("library"), model = new("model");
        Argument<int[]> numbers = new("numbers") { Arity = new ArgumentArity(6, 6) };
        Command command = new(Name, "One turn of llama.cpp: threads, depth, sequences, prompt tokens, tokens to generate, repetitions") { library, model, numbers };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            int[] n = parsed.GetValue(numbers)!;
            Run(parsed.GetValue(library)!, parsed.GetValue(model)!, n[0], n[1], n[2], new Workload(n[3], n[4], n[5]));
        });
        return command;
    }

    private static void Run(string library, string path, int threads, int depth, int batch, Workload work)
    {
        LlamaApi.LoadFrom(library);
        LlamaApi.CheckLayout();
        long started = Stopwatch.GetTimestamp();
        using PeerModel model = new(path, threads, depth + Math.Max(work.PromptTokens, Math.Max(work.GenerateTokens, 12)), batch);
        double loadSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;

        model.Prefill(0, 0, 8); // the same warm-up as `puna bench`
        model.Truncate(0);
        model.Generate(0, 4);
        model.Truncate(0);
        for (int sequence = 0; sequence < batch; sequence++) model.Prefill(sequence, 0, depth);
        List<double> prefill = [], decode = [];
        for (int r = 0; r < work.Repetitions && work.PromptTokens > 0; r++)
        {
            prefill.Add(work.PromptTokens / PeerModel.Seconds(() => model.Prefill(0, depth, work.PromptTokens)));
            model.Truncate(depth);
        }

        for (int r = 0; r < work.Repetitions && work.GenerateTokens > 0; r++)
        {
            decode.Add((double)work.GenerateTokens * batch / PeerModel.Seconds(() => model.Generate(depth, work.GenerateTokens)));
            model.Truncate(depth);
        }

        using Process process = Process.GetCurrentProcess();
        string variant = process.Modules.Cast<ProcessModule>().Select(m => m.ModuleName).FirstOrDefault(n => n.StartsWith("libggml-cpu", StringComparison.Ordinal)) ?? "libggml-cpu";
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            load_s = loadSeconds,
            prefill_tps = prefill,
            decode_tps = decode,
            peak_rss_mb = process.PeakWorkingSet64 / 1048576.0,
            variant,
        }));
    }
}
