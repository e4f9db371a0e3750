using System.Diagnostics;
using Puna.Training.Data;
using Puna.Training.Model;
using Puna.Training.Optimization;
using Puna.Training.Vocabulary;

namespace Puna.Training.Commands;

/// <summary>Trains, from the beginning or from the checkpoint in the folder, and writes progress to the console and a file.</summary>
internal static class TrainCommand
{
    public static void Run(Options options)
    {
        string folder = options.Text("folder");
        Directory.CreateDirectory(folder);
        string checkpoint = Path.Combine(folder, "checkpoint.bin");
        DemoVocabulary vocabulary = DemoVocabulary.Load(options.Text("vocabulary"));
        int threads = options.Int("threads", Environment.ProcessorCount);
        double saveMinutes = options.Number("save-minutes", 3), stopMinutes = options.Number("stop-minutes", double.PositiveInfinity);

        int stopStep = options.Int("stop-step", int.MaxValue);
        (IReadOnlyList<Conversation>? own, string? sha) = options.Optional("data") is { } file ? ConversationFile.Read(file) : (null, (string?)null);

        bool resumed = File.Exists(checkpoint);
        if (resumed) RequireSame(options, Checkpoint.LoadSettings(checkpoint), folder);
        using TrainingRun run = resumed ? Checkpoint.Load(checkpoint, threads, options.Int("steps", 0)) : Begin(options, vocabulary, sha, threads);
        RunSettings settings = run.Settings;
        vocabulary.RequireSize(settings.Shape.Vocabulary);
        if (settings.Data != sha)
            throw new OptionException($"The run in {folder} reads {(settings.Data is not null ? $"conversations of SHA-256 {settings.Data}" : "the project's own examples")}, and --data gives other ones. Take those, or another folder.");

        ExampleSource source = new(vocabulary.Tokenizer, settings.Seed, new ExampleSource.Plan(settings.CurriculumExamples, settings.BatchTokens), own);
        using StreamWriter log = new(Path.Combine(folder, "progress.tsv"), append: true) { AutoFlush = true };
        Console.WriteLine($"{(resumed ? "Resuming" : "Starting")} at step {run.Step} of {settings.Steps}, {run.Parameters / 1e6:F2} M parameters{(settings.Rank > 0 ? $", {run.Trained / 1e6:F2} M of them in adapters of rank {settings.Rank}" : "")}, {threads} threads.");

        Stopwatch total = Stopwatch.StartNew(), sinceSave = Stopwatch.StartNew(), sinceLog = Stopwatch.StartNew();
        double loss = 0;
        long logged = run.Step, tokens = run.TokensSeen;
        while (run.Step < Math.Min(settings.Steps, stopStep) && total.Elapsed.TotalMinutes < stopMinutes)
        {
            loss += run.Advance(source.Next);
            if (run.Step % 20 == 0 || run.Step == settings.Steps)
            {
                double rate = (run.TokensSeen - tokens) / sinceLog.Elapsed.TotalSeconds;
                Console.WriteLine($"step {run.Step,6}  loss {loss / (run.Step - logged):F4}  norm {run.GradientNorm:F2}  rate {settings.RateAt(run.Step):E1}  expert {run.LargestExpertShare:P0}  {run.TokensSeen / 1e6:F2} M tokens  {rate:F0} tokens/s  {total.Elapsed:hh\\:mm\\:ss}");
                log.WriteLine($"{run.Step}\t{run.TokensSeen}\t{loss / (run.Step - logged):F5}\t{rate:F0}");
                (loss, logged, tokens) = (0, run.Step, run.TokensSeen);
                sinceLog.Restart();
            }

            if (sinceSave.Elapsed.TotalMinutes < saveMinutes) continue;
            Checkpoint.Save(checkpoint, run);
            sinceSave.Restart();
        }

        Checkpoint.Save(checkpoint, run);
    }

    private static TrainingRun Begin(Options options, DemoVocabulary vocabulary, string? data, int threads)
    {
        RunSettings settings = Settings(options, new RunSettings { Shape = ModelShape.Demo(vocabulary.Tokens.Count), Data = data });
        if (options.Optional("base") is not { } path)
            return settings.Rank == 0 ? new TrainingRun(settings, threads) : throw new OptionException("--rank adapts existing weights: name their checkpoint with --base.");

        (RunSettings origin, Numerics.FloatBuffer weights, _) = Checkpoint.LoadWeights(path);
        using (weights)
        {
            if (options.Shape(origin.Shape) != origin.Shape) throw new OptionException($"{path} has sizes of its own, and the options give others. Leave them out.");
            return new TrainingRun(settings with { Shape = origin.Shape }, threads, weights);
        }
    }

    // A run goes on as it began: only the length of its schedule may change.
    private static void RequireSame(Options options, RunSettings saved, string folder)
    {
        RunSettings asked = Settings(options, saved) with { Steps = saved.Steps };
        if (asked != saved)
            throw new OptionException($"The run in {folder} began with other settings than the options give. Leave them out, or begin in another folder. It has {saved.ToJson()}");
    }

    /// <summary>What the options give, and for the rest <paramref name="basis"/>.</summary>
    private static RunSettings Settings(Options options, RunSettings basis) => basis with
    {
        Shape = options.Shape(basis.Shape),
        Seed = (ulong)options.Int("seed", (int)basis.Seed),
        Steps = options.Int("steps", basis.Steps),
        CurriculumExamples = options.Int("curriculum", (int)basis.CurriculumExamples),
        WarmupSteps = options.Int("warmup", basis.WarmupSteps),
        PeakRate = options.Number("rate", basis.PeakRate),
        FinalRate = options.Number("final-rate", basis.FinalRate),
        Decay = (float)options.Number("decay", basis.Decay),
        BatchesPerStep = options.Int("batches", basis.BatchesPerStep),
        BatchTokens = options.Int("batch-tokens", basis.BatchTokens),
        Rank = options.Int("rank", basis.Rank) is >= 0 and <= 1024 and var rank ? rank : throw new OptionException("--rank is between 0 (all weights) and 1024."),
        Alpha = options.Number("alpha", basis.Alpha),
    };
}
