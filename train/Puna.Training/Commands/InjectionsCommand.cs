using Puna.Safety.Injections;
using Puna.Training.Injections;

namespace Puna.Training.Commands;

/// <summary>Trains the classifier of injections that Puna.Safety ships.</summary>
internal static class InjectionsCommand
{
    public static void Run(Options options)
    {
        InjectionTrainer.Settings settings = new()
        {
            Seed = (ulong)options.Int("seed", 1),
            Attacks = options.Int("attacks", 30_000),
            Benign = options.Int("benign", 60_000),
            Epochs = options.Int("epochs", 8),
            Features = options.Int("features", 60_000),
            Support = options.Int("support", 3),
            Decay = options.Number("decay", 2e-4),
        };
        string path = options.Text("out");
        (List<(uint Feature, float Weight)> weights, float bias) = InjectionTrainer.Run(settings, InjectionClassifier.Lexicon, Console.WriteLine);
        byte[] data = InjectionClassifier.Write(weights, bias - (float)options.Number("shift", 0));
        File.WriteAllBytes(path, data);
        Console.WriteLine($"{path}: {data.Length} bytes, bias {bias:F3}, SHA-256 {InjectionClassifier.Read(data, InjectionClassifier.Lexicon).Identity}");
    }
}

/// <summary>Writes generated texts as JSON lines for <c>puna guard eval</c>.</summary>
internal static class InjectionTextsCommand
{
    public static void Run(Options options)
    {
        ulong seed = (ulong)options.Int("seed", 1);
        InjectionExamples examples = options.Text("set", "heldout") switch
        {
            "heldout" => InjectionExamples.HeldOut(seed),
            "training" => InjectionExamples.Training(seed),
            string other => throw new OptionException($"--set {other}: heldout and training are known."),
        };
        bool alone = options.Text("alone", "no") == "yes";
        using FileStream file = File.Create(options.Text("out"));
        for (int i = 0; i < options.Int("attacks", 1000); i++) Write(file, examples.Attack(i, alone));
        for (int i = 0; i < options.Int("benign", 2000); i++) Write(file, examples.Benign(i));
    }

    private static void Write(FileStream file, InjectionExample example) => LabelledLine.Write(file, example.Text, example.IsAttack, example.Category);
}
