using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Puna.Cli.Usage;
using Puna.Evaluation.LongContext;
using Puna.Evaluation.Models;

namespace Puna.Cli.Evaluation;

/// <summary><c>puna eval generate</c>: questions about texts as long as asked for in a model's tokens.</summary>
internal static class EvalGenerateCommand
{
    private const string Ruler = "ruler";

    internal static Command Create()
    {
        Command command = new("generate", "Write the questions of RULER or of a needle in a haystack, counted in the tokens of the model");
        Argument<string> kind = new("kind") { Description = "ruler, or needle" };
        kind.AcceptOnlyFromAmong(Ruler, "needle");
        command.Add(kind);
        ModelOptions modelOptions = new(command, chats: true, modelIsOptional: true, modelIsOption: true);
        Option<string?> variant = VariantOption.Create();
        Option<string> lengths = new("--lengths") { Description = "Tokens of prompt and answer together, such as 4096,16k,64k", DefaultValueFactory = _ => "4096,8192,16384" };
        Option<int> count = new("--count") { Description = "Questions of every task and length, or needles of every cell", DefaultValueFactory = _ => 3 };
        Option<int> seed = new("--seed") { Description = "Seed of all that is drawn (default: 0)" };
        Option<string?> tasks = new("--tasks") { Description = $"Some of RULER's tasks: {string.Join(", ", LongContextData.RulerNames)}" };
        Option<string?> depths = new("--depths") { Description = "Depths of needles in percent of the text (default: 0,10,…,100)" };
        Option<string?> text = new("--text") { Description = "File of text to hide things in, UTF-8 (default: made-up sentences)" };
        Option<string> output = new("--out") { Description = "Folder for the questions, the --data of puna eval run", Required = true };
        foreach (Option option in (Option[])[variant, lengths, count, seed, tasks, depths, text, output]) command.Add(option);
        command.SetAction((parsed, cancellation) => ExitCode.Guard(() =>
        {
            parsed.RequireAtLeast(1, count);

            bool isRuler = parsed.GetRequiredValue(kind) == Ruler;
            if (!isRuler && parsed.GetValue(tasks) is not null) throw new UsageException("--tasks is for ruler.");
            if (isRuler && parsed.GetValue(depths) is not null) throw new UsageException("--depths is for needle.");

            string path = Path.Combine(parsed.GetRequiredValue(output), "test.jsonl");
            if (File.Exists(path)) throw new UsageException($"{path} is there already. Name another folder.");

            using PunaModel model = modelOptions.Load(parsed);
            PunaModelUnderTest underTest = new(model, new PunaModelUnderTestOptions { Variant = VariantOption.Parse(parsed.GetValue(variant)) });
            LongContextSettings settings = new()
            {
                Lengths = Numbers("--lengths", parsed.GetRequiredValue(lengths)),
                CountTokens = request => underTest.Encode(request).Length,
                Chat = underTest.Variant != ModelVariant.Base,
                Count = parsed.GetValue(count),
                Seed = (ulong)parsed.GetValue(seed),
                Text = parsed.GetValue(text) is { } file ? File.ReadAllText(file) : null,
            };
            IEnumerable<JsonObject> rows = isRuler
                ? LongContextData.Ruler(settings, parsed.GetValue(tasks)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                : LongContextData.Needles(settings, parsed.GetValue(depths) is { } some ? Numbers("--depths", some) : null);
            int written = Write(path, rows, cancellation);
            Console.WriteLine($"{written} questions in {TerminalText.Printable(path)}");
            Console.WriteLine($"Ask them with: puna eval run puna/{parsed.GetRequiredValue(kind)}{(settings.Chat ? "" : "-base")} --data {TerminalText.Printable(parsed.GetRequiredValue(output))} --context {settings.Lengths.Max()}");
        }));
        return command;
    }

    private static int Write(string path, IEnumerable<JsonObject> rows, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string partial = path + ".part";
        int written = 0;
        using (StreamWriter writer = new(partial))
        {
            foreach (JsonObject row in rows)
            {
                cancellation.ThrowIfCancellationRequested();
                writer.Write(row.ToJsonString());
                writer.Write('\n');
                written++;
            }
        }

        File.Move(partial, path);
        return written;
    }

    private static int[] Numbers(string option, string list) =>
    [
        .. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
        {
            bool thousands = part.EndsWith('k') || part.EndsWith('K');
            return int.TryParse(thousands ? part[..^1] : part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= (1 << 24)
                ? thousands ? number * 1024 : number
                : throw new UsageException($"{option} {list}: '{part}' is no number such as 4096 or 16k.");
        }),
    ];
}
