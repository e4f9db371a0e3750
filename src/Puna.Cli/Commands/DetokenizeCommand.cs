using System.CommandLine;

namespace Puna.Cli.Commands;

/// <summary><c>puna detokenize</c>.</summary>
internal static class DetokenizeCommand
{
    internal static Command Create()
    {
        Argument<string> model = ModelOptions.NewModelArgument();
        Option<string?> ids = new("--ids") { Description = "Token ids, separated by commas" };
        Option<string?> idsFile = new("--ids-file") { Description = "File of token ids" };
        Option<bool> json = new("--json") { Description = "Print a JSON object" };
        Command command = new("detokenize", "Show the text of token ids, special tokens by name") { model, ids, idsFile, json };
        command.SetAction((parsed, _) => ExitCode.Guard(() =>
        {
            int[] tokens = TokenIdList.Read(parsed.GetValue(ids), parsed.GetValue(idsFile));
            byte[] text = PunaModel.LoadTokenizer(parsed.GetRequiredValue(model)).DecodeBytes(tokens, includeSpecial: true);
            if (parsed.GetValue(json))
            {
                JsonLine.Write(w => w.WriteString("text", System.Text.Encoding.UTF8.GetString(text)));
                return;
            }

            using Stream output = Console.OpenStandardOutput();
            output.Write(text);
            output.WriteByte((byte)'\n');
        }));
        return command;
    }
}
