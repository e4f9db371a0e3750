using Puna.Training.Guard;

namespace Puna.Training.Commands;

/// <summary>Writes generated messages as JSON lines, for <c>train --data</c> and for <c>puna guard eval</c>.</summary>
internal static class GuardTextsCommand
{
    public static void Run(Options options)
    {
        ulong seed = (ulong)options.Int("seed", 1);
        GuardExamples examples = options.Text("set", "heldout") switch
        {
            "heldout" => GuardExamples.HeldOut(seed),
            "training" => GuardExamples.Training(seed),
            string other => throw new OptionException($"--set {other}: heldout and training are known."),
        };
        using FileStream file = File.Create(options.Text("out"));
        HashSet<string> written = [];
        for (int i = 0, left = options.Int("unsafe", 400); left > 0; i++) left -= Write(examples.Unsafe(i));
        for (int i = 0, left = options.Int("benign", 600); left > 0; i++) left -= Write(examples.Benign(i));

        // Each text once: a second time it measures nothing.
        int Write(GuardExample example)
        {
            if (!written.Add(example.Text)) return 0;
            LabelledLine.Write(file, example.Text, example.IsUnsafe, example.Category);
            return 1;
        }
    }
}
