using System.Diagnostics;
using Puna.Training.Data;
using Puna.Training.Model;
using Puna.Training.Optimization;
using Puna.Training.Vocabulary;
using Xunit;

namespace Puna.Training.Tests;

public sealed class SmokeTrainingTests
{
    /// <summary>A minute of the real thing: the built-in model's shape, vocabulary and examples. Runs only when asked (<c>-explicit on</c>).</summary>
    [Fact(Explicit = true)]
    public void A_minute_of_training_lowers_the_loss()
    {
        DemoVocabulary vocabulary = DemoVocabulary.Load(RepositoryFile("train/model/vocabulary.txt"));
        RunSettings settings = new() { Shape = ModelShape.Demo(vocabulary.Tokens.Count), Steps = 1000, WarmupSteps = 20 };
        ExampleSource source = new(vocabulary.Tokenizer, settings.Seed, new ExampleSource.Plan(settings.CurriculumExamples, settings.BatchTokens));
        using TrainingRun run = new(settings, Environment.ProcessorCount);

        double first = run.Advance(source.Next), last = first;
        for (Stopwatch time = Stopwatch.StartNew(); time.Elapsed < TimeSpan.FromMinutes(1) || run.Step < 10;) last = run.Advance(source.Next);

        Assert.True(double.IsFinite(last) && last < 0.8 * first, $"after {run.Step} steps the loss {first} became {last}");
    }

    /// <summary>The folder of the repository.</summary>
    internal static string Repository { get; } = Path.GetDirectoryName(RepositoryFile("Puna.slnx"))!;

    private static string RepositoryFile(string path)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, path))) return Path.Combine(folder.FullName, path);
        throw new FileNotFoundException($"No folder above {AppContext.BaseDirectory} has {path}.");
    }
}
