using Puna.Training.Guard;

namespace Puna.Training.Commands;

/// <summary>Writes generated messages as JSON lines, for <c>train --data</c> and for <c>puna guard eval</c>.</summary>
internal static class GuardTextsCommand
{
    private const int MostRepeats = 100;

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
        WriteAll(examples.Unsafe, options.Int("unsafe", 400));
        WriteAll(examples.Benign, options.Int("benign", 600));

        // Each text once: a second time it measures nothing.
        void WriteAll(Func<long, GuardExample> make, int count)
        {
            for (long i = 0, left = count; left > 0; i++)
            {
                if (i > (long)MostRepeats * count) throw new OptionException($"The phrases make no {count} different texts; {count - left} were found. Ask for fewer.");

                GuardExample example = make(i);
                if (!written.Add(example.Text)) continue;
                LabelledLine.Write(file, example.Text, example.IsUnsafe, example.Category);
                left--;
            }
        }
    }
}
