using System.CommandLine;
using System.Text;

namespace Puna.Cli.Commands;

/// <summary><c>puna tokenize</c>.</summary>
internal static class TokenizeCommand
{
    internal static Command Create()
    {
        Argument<string> model = ModelOptions.NewModelArgument();
        Option<string?> text = new("--text") { Description = "Text to tokenize" };
        Option<string?> file = new("--file") { Description = "File to tokenize, byte for byte; - for standard input" };
        Option<bool> lines = new("--lines") { Description = "Each line by itself, without its line feed" };
        Option<bool> noBos = new("--no-bos") { Description = "Do not put the begin-of-text token in front" };
        Option<bool> noSpecial = new("--no-special") { Description = "Treat spelled-out special tokens as ordinary text" };
        Option<bool> json = new("--json") { Description = "Print a JSON object (one per line with --lines)" };
        Command command = new("tokenize", "Show the token ids of a text") { model, text, file, lines, noBos, noSpecial, json };
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            if (parsed.GetValue(text) is null == parsed.GetValue(file) is null) throw new UsageException("give either --text or --file.");

            byte[] bytes = parsed.GetValue(text) is { } given ? Encoding.UTF8.GetBytes(given) : ReadFile(parsed.GetValue(file)!);
            Tokenizers.Tokenizer tokenizer = PunaModel.LoadTokenizer(parsed.GetRequiredValue(model));
            bool addBos = !parsed.GetValue(noBos) && tokenizer.AddsBos && tokenizer.BosId is not null;
            using StreamWriter output = new(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);
            foreach (ReadOnlyMemory<byte> part in parsed.GetValue(lines) ? Lines(bytes) : [bytes])
            {
                int[] ids = tokenizer.EncodeUtf8(part.Span, addBos, parseSpecial: !parsed.GetValue(noSpecial));
                if (parsed.GetValue(json)) output.Write("{\"ids\":[");
                output.WriteJoined(ids, parsed.GetValue(json) ? ',' : ' ');
                output.Write(parsed.GetValue(json) ? "]}\n" : "\n");
            }
        }));
        return command;
    }

    private static void WriteJoined(this StreamWriter output, int[] ids, char separator)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (i > 0) output.Write(separator);
            output.Write(ids[i]);
        }
    }

    private static byte[] ReadFile(string path)
    {
        if (path != "-") return File.ReadAllBytes(path);

        using Stream input = Console.OpenStandardInput();
        using MemoryStream all = new();
        input.CopyTo(all);
        return all.ToArray();
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] bytes)
    {
        for (int start = 0; start < bytes.Length;)
        {
            int end = Array.IndexOf(bytes, (byte)'\n', start);
            if (end < 0) end = bytes.Length;
            yield return bytes.AsMemory(start, end - start);
            start = end + 1;
        }
    }
}
